package config

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"
)

// SHEPAsked are the systems asked over the synchronous channel.
type SHEPAsked struct {
	Registers map[string]Register `yaml:"registers"`       // by the name the catalogue gives them: gbdfl
	Files     *TemporaryFiles     `yaml:"temporary_files"` // default none; {} is the storage as it is usually installed
}

// Register is a state register of people with the messages of ГБД ФЛ.
type Register struct {
	ServiceID  string `yaml:"service_id"` // default GBDFL_UniversalServiceSync
	RouteID    string `yaml:"route_id"`
	SenderCode string `yaml:"sender_code"`   // our system's code with the register
	Requestor  string `yaml:"requestor_bin"` // where its passport asks for it
}

// TemporaryFiles is the storage of files that travel by id.
type TemporaryFiles struct {
	ServiceID   string        `yaml:"service_id"`  // default EDS_TEMP_FILES
	Unqualified bool          `yaml:"unqualified"` // elements in no namespace, for installations that take no others
	LifeTime    time.Duration `yaml:"life_time"`   // default 72h: of results we put there
}

// registerName is what a catalogue may call a register.
var registerName = regexp.MustCompile(`^[a-z0-9]+([_-][a-z0-9]+)*$`)

var twelveDigits = regexp.MustCompile(`^\d{12}$`)

// validate says in words what cannot work. What a register says is believed and kept, so its answers have
// to be signed.
func (a SHEPAsked) validate(of SHEP) (problems []error) {
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf("shep."+format, args...)) }
	if len(a.Registers) > 0 && of.Replies == "off" {
		problems = append(problems, errors.New("shep.registers: their answers count only if they are verified: replies cannot be off"))
	}
	if (len(a.Registers) > 0 || a.Files != nil) && of.SendSync == "" {
		problems = append(problems, errors.New("shep.registers and shep.temporary_files need shep.send_sync, the synchronous channel"))
	}
	for _, name := range slices.Sorted(maps.Keys(a.Registers)) {
		r := a.Registers[name]
		if !registerName.MatchString(name) {
			wrong("registers: %q: want a name like gbdfl", name)
		}
		if r.SenderCode == "" {
			wrong("registers.%s.sender_code: the register knows its callers by it", name)
		}
		if r.Requestor != "" && !twelveDigits.MatchString(r.Requestor) {
			wrong("registers.%s.requestor_bin: want twelve digits, quoted", name)
		}
	}
	if a.Files != nil && a.Files.LifeTime < 0 {
		wrong("temporary_files.life_time is not negative")
	}
	return problems
}
