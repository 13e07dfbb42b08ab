package app

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kopir/cmd/kopir/internal/config"
)

var updateFaults = flag.Bool("update", false, "write ../../../../testdata/PKI-FAULTS.md anew")

const faultsFile = "../../../../testdata/PKI-FAULTS.md"

// faultRow is one line of the table: what is done to the gateway, told by what it did.
type faultRow struct {
	chapter string
	name    string // what was injected
	lasts   string // for how long
	config  func(*config.Config)
	run     func(*faultStage)
}

// faultLine is what happened.
type faultLine struct {
	good, bad string // the applications of the two people
	then      string
	skipped   bool
}

const faultsHead = `# Faults

Written by ` + "`make pkifaults`" + `; the test fails when something else happens. A real gateway (REST, SQLite), a simulated clock,
and a PKI that misbehaves over real HTTP (` + "`kopir simulate pki`" + ` is the same). In every row two people apply, one with a
certificate in order and one whose certificate was revoked the day before; each sends every message twice. In every
row, whatever was injected: a revoked certificate never passes, one in order is never refused, every message has an
answer and the same answer again, every history's chain holds, and nothing waits when it is over.

"Parked" is an answer: the application has a number and its clock runs. Times are simulated.
`

// TestFaults injects one fault after another. The rows run side by side: they mostly wait.
func TestFaults(t *testing.T) {
	if underRace() {
		t.Skip("ten minutes of national arithmetic under the race detector; make test runs it once more without")
	}
	rows := faultRows()
	lines := make([]*faultLine, len(rows))
	var wg sync.WaitGroup
	room := make(chan struct{}, 8)
	for i, row := range rows {
		room <- struct{}{}
		wg.Go(func() {
			defer func() { <-room }()
			t.Run(row.chapter+"/"+row.name, func(t *testing.T) {
				line := &faultLine{skipped: true}
				lines[i] = line
				f := newFaultStage(t, row.config)
				f.line = line
				line.skipped = false
				row.run(f)
				f.account()
			})
		})
	}
	wg.Wait()
	if !t.Failed() {
		compareFaults(t, rows, lines)
	}
}

// table writes the lines out.
func faultTable(rows []faultRow, lines []*faultLine) string {
	var b strings.Builder
	b.WriteString(faultsHead)
	chapter := ""
	for i, row := range rows {
		if row.chapter != chapter {
			chapter = row.chapter
			fmt.Fprintf(&b, "\n## %s\n\n| injected | for | certificate in order | revoked certificate | then |\n|---|---|---|---|---|\n", chapter)
		}
		l := lines[i]
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", row.name, row.lasts, l.good, l.bad, l.then)
	}
	return b.String()
}

// compareFaults holds what happened against the file, or writes it. A row that could not be played
// here keeps the line it has; a run of some rows only compares nothing.
func compareFaults(t *testing.T, rows []faultRow, lines []*faultLine) {
	t.Helper()
	old, err := os.ReadFile(faultsFile)
	if err != nil && !*updateFaults {
		t.Fatal(err)
	}
	for i, l := range lines {
		if l == nil {
			return
		}
		if l.skipped {
			*l = oldLine(string(old), rows[i])
		}
	}
	now := faultTable(rows, lines)
	if *updateFaults {
		if err := os.WriteFile(faultsFile, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(string(old), "\n"), strings.Split(now, "\n")); diff != "" {
		t.Errorf("what happened differs from testdata/PKI-FAULTS.md (make pkifaults writes it anew):\n%s", diff)
	}
}

// oldLine finds a row's line in the file.
func oldLine(file string, row faultRow) faultLine {
	for line := range strings.Lines(file) {
		if cells := strings.Split(line, " | "); len(cells) == 5 && cells[0] == "| "+row.name {
			return faultLine{good: cells[2], bad: cells[3], then: strings.TrimSuffix(cells[4], " |\n")}
		}
	}
	return faultLine{}
}
