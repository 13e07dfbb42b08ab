package catalogue

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Load reads services/*.yaml of fsys: schemas.FS, or os.DirFS of the operator's folder.
// The error is a *[ProblemList] with file and line of every mistake.
func Load(fsys fs.FS) (*Catalogue, error) {
	c, problems := load(fsys)
	if len(problems) > 0 {
		return nil, &problems
	}
	return c, nil
}

func load(fsys fs.FS) (*Catalogue, ProblemList) {
	var problems ProblemList
	names, err := fs.Glob(fsys, "services/*.yaml")
	if err != nil || len(names) == 0 {
		problems.Add("services", 0, "there is no service: want files like services/housing-assistance.yaml")
		return nil, problems
	}
	c, styles := &Catalogue{}, readStyles(fsys, &problems)
	for _, name := range names {
		if s := readService(fsys, name, styles, &problems); s != nil {
			c.services = append(c.services, s)
		}
	}
	order(c.services)
	checkVersions(c.services, &problems)
	return c, problems
}

// readService reads one file; nil when it has mistakes.
func readService(fsys fs.FS, name string, styles map[string]style, problems *ProblemList) *Service {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		problems.Add(name, 0, "cannot be read: %v", err)
		return nil
	}
	var f serviceFile
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		explain(name, err, problems)
		return nil
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		problems.Add(name, 0, "holds more than one document; one file is one service")
		return nil
	}
	var root yaml.Node
	if err := yaml.Unmarshal(b, &root); err != nil {
		explain(name, err, problems)
		return nil
	}
	before := len(*problems)
	s := (&builder{file: name, root: &root, problems: problems, styles: styles}).service(f)
	if len(*problems) > before {
		return nil
	}
	return s
}

// yamlLine finds the line in an error of the YAML reader.
var yamlLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)

// unknownField is how the YAML reader says that a field is not known.
var unknownField = regexp.MustCompile(`^field (.+) not found in type \S+$`)

// explain turns an error of the YAML reader into problems in words.
func explain(file string, err error, problems *ProblemList) {
	lines := []string{err.Error()}
	var typeErr *yaml.TypeError
	if errors.As(err, &typeErr) {
		lines = typeErr.Errors
	}
	for _, l := range lines {
		line, text := 0, strings.TrimPrefix(l, "yaml: ")
		if m := yamlLine.FindStringSubmatch(l); m != nil {
			line, _ = strconv.Atoi(m[1])
			text = m[2]
		}
		if m := unknownField.FindStringSubmatch(text); m != nil {
			text = fmt.Sprintf("there is no field %q here; is it misspelt?", m[1])
		}
		if errors.Is(err, io.EOF) {
			text = "the file is empty"
		}
		problems.Add(file, line, "%s", text)
	}
}

// checkVersions finds versions of one service that hold on the same day.
func checkVersions(list []*Service, problems *ProblemList) {
	for i := 1; i < len(list); i++ {
		newer, older := list[i-1], list[i]
		if newer.Key != older.Key {
			continue
		}
		if older.ValidTo.IsZero() || !older.ValidTo.Before(newer.ValidFrom) {
			problems.Add("services", 0, "two versions of %s hold on %s: give the older one a valid_to", newer.Key, newer.ValidFrom.Format(time.DateOnly))
		}
	}
}

// splitKey parts "asp-certificate/zhambyl".
func splitKey(key string) (id, variant string) {
	id, variant, _ = strings.Cut(key, "/")
	return id, variant
}

// wantedName is the file name of a key: "asp-certificate-zhambyl.yaml", perhaps with a version.
func wantedName(key string) string { return strings.ReplaceAll(key, "/", "-") }

func namedAsKey(file, key string) bool {
	base := strings.TrimSuffix(path.Base(file), ".yaml")
	return base == wantedName(key) || strings.HasPrefix(base, wantedName(key)+".v")
}
