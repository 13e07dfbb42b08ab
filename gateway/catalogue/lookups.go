package catalogue

import "slices"

// lookups are names of registers; which of them can be asked is the installation's configuration.
func (b *builder) lookups(s *Service, names []string) {
	for i, name := range names {
		if !idPattern.MatchString(name) || slices.Index(names, name) != i {
			b.fail(at("lookups", i), "lookups: %q: want each register once, by a name like gbdfl", name)
		}
	}
	s.Lookups = names
}
