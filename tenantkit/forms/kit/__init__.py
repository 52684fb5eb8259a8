"""What the forms share: markup, fields, the busy state with its one worker, panels and the style sheet."""
