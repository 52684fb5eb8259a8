"""The parts that all forms share: markup, fields, the background job, panels and the style sheet."""
