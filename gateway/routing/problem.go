package routing

import (
	"fmt"
	"strings"
)

// Problem is something found in the data, with the place to look at. The catalogue speaks of
// its own files in the same words.
type Problem struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	Text string `json:"text"`
	Gap  bool   `json:"gap,omitempty"` // something the operator has to supply, not an error
}

// String is file:line: text.
func (p Problem) String() string {
	if p.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
	}
	return p.File + ": " + p.Text
}

// ProblemList is the error of a load: everything that is wrong, not just the first.
type ProblemList []Problem

func (l *ProblemList) Error() string {
	lines := make([]string, len(*l))
	for i, p := range *l {
		lines[i] = p.String()
	}
	return "the data has mistakes:\n" + strings.Join(lines, "\n")
}

// Add appends a mistake.
func (l *ProblemList) Add(file string, line int, format string, args ...any) {
	*l = append(*l, Problem{File: file, Line: line, Text: fmt.Sprintf(format, args...)})
}
