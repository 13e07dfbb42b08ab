package routing

import (
	"io/fs"
	"strings"
	"time"

	"kopir/gateway/worktime"
)

// Columns of the two tables.
var (
	providerColumns = []string{"id", "kind", "region", "territory", "parent", "bin", "name_kk", "name_ru", "address",
		"hours", "phone", "email", "valid_from", "valid_to", "source"}
	katoColumns = []string{"code", "parent", "kind", "name_kk", "name_ru", "former_kk", "former_ru", "note"}
)

// row is one line of a table, by column.
type row struct {
	line int
	cell map[string]string
}

// readTable reads a tab-separated file: comments begin with #, the first other line names the columns.
func readTable(fsys fs.FS, name string, columns []string, problems *ProblemList) []row {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		problems.Add(name, 0, "cannot be read: %v", err)
		return nil
	}
	var rows []row
	head := false
	for i, text := range strings.Split(strings.TrimPrefix(string(b), "\ufeff"), "\n") {
		text = strings.TrimSuffix(text, "\r")
		if strings.TrimSpace(text) == "" || strings.HasPrefix(text, "#") {
			continue
		}
		cells := strings.Split(text, "\t")
		if !head {
			if head = true; strings.Join(cells, " ") != strings.Join(columns, " ") {
				problems.Add(name, i+1, "the columns are not: %s (with tabs between)", strings.Join(columns, " "))
				return nil
			}
			continue
		}
		if len(cells) != len(columns) {
			problems.Add(name, i+1, "there are %d cells, want %d with tabs between", len(cells), len(columns))
			continue
		}
		r := row{line: i + 1, cell: map[string]string{}}
		for j, c := range columns {
			r.cell[c] = strings.TrimSpace(cells[j])
		}
		rows = append(rows, r)
	}
	if !head {
		problems.Add(name, 0, "the line that names the columns is missing")
	}
	return rows
}

// provider reads one line; mistakes are reported with it.
func (r row) provider(name string, problems *ProblemList) (Provider, bool) {
	c := r.cell
	p := Provider{
		ID: c["id"], Kind: c["kind"], Region: c["region"], Territory: c["territory"], Parent: c["parent"], BIN: c["bin"],
		NameKk: c["name_kk"], NameRu: c["name_ru"], Address: c["address"], Hours: c["hours"], Phone: c["phone"],
		Email: c["email"], Source: c["source"],
	}
	before := len(*problems)
	for _, d := range []struct {
		column string
		into   *time.Time
	}{{"valid_from", &p.ValidFrom}, {"valid_to", &p.ValidTo}} {
		if c[d.column] == "" {
			continue
		}
		t, err := time.ParseInLocation(time.DateOnly, c[d.column], worktime.Location())
		if err != nil {
			problems.Add(name, r.line, "%s: %q is not a date like 2016-01-15", d.column, c[d.column])
		}
		*d.into = t
	}
	if err := p.check(); err != nil {
		problems.Add(name, r.line, "%v", err)
	}
	return p, len(*problems) == before
}
