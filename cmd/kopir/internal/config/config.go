// Package config reads the operator's configuration: strict YAML, usable zero values,
// secrets by file path only. The zero Config is a gateway on loopback with a SQLite file.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
)

// Config is everything an operator can set. Every field has a usable zero.
type Config struct {
	Listen     string     `yaml:"listen"`            // default 127.0.0.1:8480
	PublicURL  string     `yaml:"public_url"`        // how the outside reaches the listener, for the WSDL behind a proxy
	Data       string     `yaml:"data"`              // default ./kopir-data: ledger file, keys, trust, CRL store
	Ledger     string     `yaml:"ledger"`            // default a SQLite file in data; or postgres://…
	Redis      string     `yaml:"redis"`             // default none; redis://host:port/db
	Roles      []string   `yaml:"roles"`             // default all of intake, worker, console
	Trust      Trust      `yaml:"trust"`             //
	Status     Status     `yaml:"revocation"`        //
	SHEP       SHEP       `yaml:"shep"`              //
	Timestamps Timestamps `yaml:"timestamps"`        //
	Evidence   Evidence   `yaml:"evidence"`          //
	Policy     Policy     `yaml:"policy"`            //
	Catalogue  string     `yaml:"catalogue"`         // default the built-in schemas; else a folder shaped like them
	Callbacks  []string   `yaml:"callbacks"`         // hosts (host:port) that callers' callback addresses may name
	CallKey    string     `yaml:"callback_key_file"` // signs callbacks; default data/keys/callback.key, made on the first run
	Intervals  Intervals  `yaml:"intervals"`         //
	TLS        TLS        `yaml:"tls"`               // default none: loopback, or behind a proxy

	Attachments Attachments `yaml:"attachments"`
}

// Trust says whom to believe.
type Trust struct {
	TestPKI bool     `yaml:"test_pki"` // shown in red: TEST and production never mix
	Anchors []string `yaml:"anchors"`  // CA certificates trusted themselves, beside those in data/trust
	Generic []string `yaml:"generic"`  // anchors of accredited CAs whose EKUs are not the national ones
	Model   string   `yaml:"model"`    // when CAs must be valid: shell (default), chain, national
}

// Evidence says whose key seals evidence containers.
type Evidence struct {
	SealKey      string `yaml:"seal_key_file"` // PKCS#12 or PEM with its certificate; default data/keys/seal.key, made at first use
	SealPassword string `yaml:"seal_key_password_file"`
}

// Policy is what counts.
type Policy struct {
	Ended []string `yaml:"ended"` // algorithms that count no longer, "rsa-2048=2027-01-01"; default none
}

// Status says where certificate status comes from. Hosts named here are the only ones asked.
type Status struct {
	OCSP       []Responder   `yaml:"ocsp"`
	CRL        []string      `yaml:"crl"`
	Hosts      []string      `yaml:"hosts"`        // further hosts that certificates may name
	Freshness  time.Duration `yaml:"freshness"`    // how long a verified answer is used again
	Timeout    time.Duration `yaml:"timeout"`      // default 5s a question
	ListTime   time.Duration `yaml:"list_timeout"` // default 1m a list: that of the national CA has 22 MB
	Refresh    time.Duration `yaml:"refresh"`      // default 1h: a list older than this is asked for again
	Full       time.Duration `yaml:"full_refresh"` // default 24h: the same for a full list that a delta list completes
	Jitter     float64       `yaml:"jitter"`       // default 0.1: by chance up to that part of the refresh earlier
	ArchiveAge time.Duration `yaml:"archive_age"`  // default never: lists out of use are dropped after it
}

// SHEP is the state gateway: whose transport signature is believed, and where answers go.
type SHEP struct {
	Pins         []string `yaml:"pins"` // certificates of the gateway's operator; a set, they change yearly
	Send         string   `yaml:"send"` // its asynchronous channel
	SenderID     string   `yaml:"sender_id"`
	PasswordFile string   `yaml:"password_file"`
	KeyFile      string   `yaml:"key_file"` // PKCS#12 or PEM: signs what goes to the gateway
	KeyPassword  string   `yaml:"key_password_file"`

	SHEPClient `yaml:",inline"`
	SHEPAsked  `yaml:",inline"`
	Senders    `yaml:",inline"` // how senders are checked, by service
}

// Intervals are the pauses of the background rounds.
type Intervals struct {
	Delivery time.Duration `yaml:"delivery"`         // default 1s
	Timeout  time.Duration `yaml:"delivery_timeout"` // default 30s a message; one in flight at a crash waits three of it
	Parking  time.Duration `yaml:"parking"`          // default 10s
	Rebuild  time.Duration `yaml:"rebuild"`          // default 30s: the ready-index from the ledger
	Park     time.Duration `yaml:"park"`             // default 1m: first re-check of a parked application
}

// maxConfigBytes bounds the file; a real one is a few kilobytes.
const maxConfigBytes = 1 << 20

// Load reads a file; an empty path gives the defaults.
func Load(path string) (Config, error) {
	if path == "" {
		return Config{}.WithDefaults(), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return Config{}, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxConfigBytes))
	if err != nil {
		return Config{}, err
	}
	return Parse(b, path)
}

// Parse reads YAML strictly: an unknown key is an error with its line.
func Parse(b []byte, name string) (Config, error) {
	var c Config
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return Config{}, fmt.Errorf("%s: %s", name, plainly(err))
	}
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return c, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// The library's words name Go types, which say nothing to an operator.
var (
	unknownField = regexp.MustCompile(`field (\S+) not found in type \S+`)
	wrongType    = regexp.MustCompile("cannot unmarshal !!\\w+(?: `([^`]*)`)? into (\\S+)")
	typesInWords = map[string]string{"time.Duration": "a duration like 30s", "bool": "true or false", "string": "a text", "[]string": "a list"}
)

func plainly(err error) string {
	s := unknownField.ReplaceAllString(err.Error(), `there is no field "$1" here; is it misspelt?`)
	return wrongType.ReplaceAllStringFunc(s, func(found string) string {
		m := wrongType.FindStringSubmatch(found)
		want, ok := typesInWords[m[2]]
		if !ok {
			want = "a section of its own"
		}
		return fmt.Sprintf("%q is not %s", m[1], want)
	})
}

// WithDefaults fills what was left out.
func (c Config) WithDefaults() Config {
	orString(&c.Listen, "127.0.0.1:8480")
	orString(&c.Data, "kopir-data")
	orString(&c.Ledger, filepath.Join(c.Data, "ledger.db"))
	orString(&c.CallKey, filepath.Join(c.Data, "keys", "callback.key"))
	orString(&c.Evidence.SealKey, filepath.Join(c.Data, "keys", "seal.key"))
	c.Attachments.defaults(c.Data)
	orDuration(&c.Status.Timeout, 5*time.Second)
	orDuration(&c.Timestamps.Every, time.Minute)
	orDuration(&c.Intervals.Delivery, time.Second)
	orDuration(&c.Intervals.Parking, 10*time.Second)
	orDuration(&c.Intervals.Rebuild, 30*time.Second)
	orDuration(&c.Intervals.Park, time.Minute)
	if len(c.Roles) == 0 {
		c.Roles = []string{"intake", "worker", "console"}
	}
	return c
}

func orString(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

func orDuration(d *time.Duration, value time.Duration) {
	if *d == 0 {
		*d = value
	}
}

// Validate says in words what cannot work.
func (c Config) Validate() error {
	var problems []error
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		problems = append(problems, fmt.Errorf("listen: %q is not host:port", c.Listen))
	}
	for _, r := range c.Roles {
		if r != "intake" && r != "worker" && r != "console" {
			problems = append(problems, fmt.Errorf("roles: %q is none of intake, worker, console", r))
		}
	}
	if _, known := pki.ParseModel(c.Trust.Model); !known {
		problems = append(problems, fmt.Errorf("trust.model: %q is none of shell, chain, national", c.Trust.Model))
	}
	problems = append(problems, c.Status.validate()...)
	problems = append(problems, c.Timestamps.validate()...)
	problems = append(problems, c.validateTransport()...)
	problems = append(problems, c.Attachments.validate()...)
	if _, err := c.Endings(); err != nil {
		problems = append(problems, err)
	}
	problems = append(problems, c.SHEP.validate()...)
	return errors.Join(problems...)
}

// Endings reads policy.ended.
func (c Config) Endings() (endings []xmlsig.Ending, err error) {
	for _, s := range c.Policy.Ended {
		e, err := xmlsig.ParseEnding(s)
		if err != nil {
			return nil, fmt.Errorf("policy.ended: %w", err)
		}
		endings = append(endings, e)
	}
	return endings, nil
}

func checkURL(field, s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("%s: %q is not an http address", field, s)
	}
	return nil
}

// HasRole says whether this process does r.
func (c Config) HasRole(r string) bool {
	for _, have := range c.Roles {
		if have == r {
			return true
		}
	}
	return false
}

// Loopback says whether only this machine can reach the listener.
func (c Config) Loopback() bool {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return false
	}
	return isLoopback(host)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Secret reads a secret from its file without the line end; an empty path is an empty secret.
func Secret(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

// MayCall says whether a callback address may be called: its host is on the operator's list.
func (c Config) MayCall(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	for _, host := range c.Callbacks {
		if u.Host == host {
			return true
		}
	}
	return false
}
