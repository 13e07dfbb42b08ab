package routing

import (
	"io/fs"
	"strings"
)

const katoFile = "kato.tsv"

func load(fsys fs.FS) (*Registry, ProblemList) {
	r, problems := New(), ProblemList{}
	r.loadTerritories(fsys, &problems)
	names, err := fs.Glob(fsys, "providers/*.tsv")
	if err != nil || len(names) == 0 {
		problems.Add("providers", 0, "there is no provider: want files like providers/akmola-departments.tsv")
	}
	for _, name := range names {
		r.loadProviders(fsys, name, &problems)
	}
	return r, problems
}

func (r *Registry) loadTerritories(fsys fs.FS, problems *ProblemList) {
	for _, line := range readTable(fsys, katoFile, katoColumns, problems) {
		c := line.cell
		t := Territory{Code: c["code"], Parent: c["parent"], Kind: c["kind"], NameKk: c["name_kk"], NameRu: c["name_ru"],
			FormerKk: c["former_kk"], FormerRu: c["former_ru"], Note: c["note"], line: line.line}
		switch _, twice := r.territories[t.Code]; {
		case !isKATO(t.Code):
			problems.Add(katoFile, line.line, "%q is not a KATO code of 9 digits", t.Code)
		case twice:
			problems.Add(katoFile, line.line, "%s is there twice", t.Code)
		case t.NameKk == "" || t.NameRu == "":
			problems.Add(katoFile, line.line, "%s lacks its name in kk or ru", t.Code)
		default:
			r.territories[t.Code] = t
		}
	}
	for _, t := range r.Territories() {
		if _, there := r.territories[t.Parent]; t.Parent != "" && !there {
			problems.Add(katoFile, t.line, "%s: its parent %s is not in the table", t.Code, t.Parent)
		}
	}
}

func (r *Registry) loadProviders(fsys fs.FS, name string, problems *ProblemList) {
	for _, line := range readTable(fsys, name, providerColumns, problems) {
		p, ok := line.provider(name, problems)
		if !ok {
			continue
		}
		for _, code := range []string{p.Territory, p.Parent} {
			if code == "" || p.Kind == RuralAkim && code == p.Territory {
				continue // an okrug's code need not be in the table
			}
			if _, known := r.territories[code]; !known {
				problems.Add(name, line.line, "provider %s: territory %s is not in kato.tsv", p.ID, code)
			}
		}
		if p.Territory != "" && !strings.HasPrefix(p.Territory, p.Region) {
			problems.Add(name, line.line, "provider %s: territory %s is not in region %s", p.ID, p.Territory, p.Region)
		}
		if err := r.Add(p); err != nil {
			problems.Add(name, line.line, "%v", err)
		}
	}
}
