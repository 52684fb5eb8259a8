// Rewrites the table of quantities with what k8s.io/apimachinery makes of each text: see README.md.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

type table struct {
	Source  string      `json:"source"`
	Columns []string    `json:"columns"`
	Rows    [][]*string `json:"rows"`
}

// row is the text, what String, CanonicalizeBytes and String after RoundUp(Milli) make of it; nulls where it is refused.
func row(text string) []*string {
	quantity, err := resource.ParseQuantity(text)
	if err != nil {
		return []*string{&text, nil, nil, nil}
	}
	number, suffix := quantity.CanonicalizeBytes(nil)
	stored, canonical := quantity.String(), string(number)+string(suffix)
	quantity.RoundUp(resource.Milli)
	inList := quantity.String()
	return []*string{&text, &stored, &canonical, &inList}
}

func main() {
	var read table
	if err := json.NewDecoder(os.Stdin).Decode(&read); err != nil {
		panic(err)
	}
	lines := make([]string, 0, len(read.Rows))
	for _, old := range read.Rows {
		line, err := json.Marshal(row(*old[0]))
		if err != nil {
			panic(err)
		}
		lines = append(lines, "  "+string(line))
	}
	source, _ := json.Marshal(read.Source)
	columns, _ := json.Marshal(read.Columns)
	fmt.Printf("{\n \"source\": %s,\n \"columns\": %s,\n \"rows\": [\n%s\n ]\n}\n", source, columns, strings.Join(lines, ",\n"))
}
