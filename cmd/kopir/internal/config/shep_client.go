package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// SHEPClient is how we call the state gateway, beside its asynchronous address and our name.
type SHEPClient struct {
	SendSync   string `yaml:"send_sync"`  // its synchronous channel: look-ups, and services that take statuses there
	Replies    string `yaml:"replies"`    // whose signature answers need: pinned (default), national, off
	MessageID  string `yaml:"message_id"` // gateway (default): it gives the ids; own: ours, so that it can be asked about them
	Proxy      string `yaml:"proxy"`      // http://user@host:port; nothing is taken from the environment
	ProxyPass  string `yaml:"proxy_password_file"`
	ClientCert string `yaml:"client_certificate_file"` // PEM, RSA or ECDSA, with its chain
	ClientKey  string `yaml:"client_key_file"`
	CA         string `yaml:"ca_file"`     // PEM; default the machine's roots
	ServerKeys Keys   `yaml:"server_keys"` // SHA-256 of the server's SubjectPublicKeyInfo; without ca_file the key alone is the trust
	ServerName string `yaml:"server_name"` // where its TLS certificate has another name than the address

	RepliesBIN   []string `yaml:"replies_bin"`          // national: of the gateway's operator
	RepliesCerts []string `yaml:"replies_certificates"` // national: certificates of who names himself by issuer and serial number

	Headers     map[string]string      `yaml:"headers"`      // sent with every message
	HeaderFiles map[string]string      `yaml:"header_files"` // the same, the value in a file
	Services    map[string]SHEPService `yaml:"services"`     // by key of the catalogue
}

// Keys are digests of public keys, in hexadecimal.
type Keys []string

// SHEPService is what differs between services. The zero value is a service whose applications are pushed.
type SHEPService struct {
	Delivery string        `yaml:"delivery"` // push (default) or pull
	Every    time.Duration `yaml:"every"`    // default 30s: how often is pulled
	Amount   int           `yaml:"amount"`   // default 10: messages at once
	Channel  string        `yaml:"channel"`  // async (default) or sync: the way statuses go back
	Confirm  bool          `yaml:"confirm"`  // pushed applications get a delivery notification too; pulled ones always do
}

// defaultPullEvery is the pause between two questions for waiting messages.
const defaultPullEvery = 30 * time.Second

// Pulls says whether applications are fetched.
func (s SHEPService) Pulls() bool { return s.Delivery == "pull" }

// Pause is how often is pulled.
func (s SHEPService) Pause() time.Duration {
	if s.Every == 0 {
		return defaultPullEvery
	}
	return s.Every
}

// Service is the setting of a service, or of the one it is a regional variant of.
func (c SHEPClient) Service(key string) SHEPService {
	if s, ok := c.Services[key]; ok {
		return s
	}
	base, _, _ := strings.Cut(key, "/")
	return c.Services[base]
}

// Digests reads the keys.
func (k Keys) Digests() (all [][sha256.Size]byte, err error) {
	for _, s := range k {
		b, err := hex.DecodeString(strings.ReplaceAll(s, ":", ""))
		if err != nil || len(b) != sha256.Size {
			return nil, errors.New("shep.server_keys: want SHA-256 digests, 64 hexadecimal digits each")
		}
		all = append(all, [sha256.Size]byte(b))
	}
	return all, nil
}

// validate says in words what cannot work.
func (s SHEP) validate() (problems []error) {
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf("shep."+format, args...)) }
	for field, address := range map[string]string{"send": s.Send, "send_sync": s.SendSync, "proxy": s.Proxy} {
		if address != "" {
			problems = append(problems, checkURL("shep."+field, address))
		}
	}
	if u, err := url.Parse(s.Proxy); err == nil && u.User != nil {
		if _, has := u.User.Password(); has {
			wrong("proxy: the password belongs into proxy_password_file")
		}
	}
	if s.Send != "" || s.SendSync != "" {
		if s.KeyFile == "" {
			wrong("key_file: what goes to the gateway is signed, name the key")
		}
		if s.SenderID == "" {
			wrong("sender_id: the gateway knows its callers by it")
		}
		problems = append(problems, s.validateReplies())
	}
	problems = append(problems, s.SHEPAsked.validate(s)...)
	if s.MessageID != "" && s.MessageID != "gateway" && s.MessageID != "own" {
		wrong("message_id: %q is neither gateway nor own", s.MessageID)
	}
	if (s.ClientCert == "") != (s.ClientKey == "") {
		wrong("client_certificate_file and client_key_file go together")
	}
	if _, err := s.ServerKeys.Digests(); err != nil {
		problems = append(problems, err)
	}
	for _, key := range slices.Sorted(maps.Keys(s.Services)) {
		if err := s.Services[key].validate(s); err != nil {
			wrong("services.%s: %w", key, err)
		}
	}
	return problems
}

// validateReplies demands that somebody vouches for answers.
func (s SHEP) validateReplies() error {
	switch s.Replies {
	case "", "pinned":
		if len(s.Pins) == 0 {
			return errors.New("shep.pins: answers are verified with these certificates, name them; or say replies: national or off")
		}
	case "off":
		for _, address := range []string{s.Send, s.SendSync} {
			if u, err := url.Parse(address); err == nil && u.Scheme == "http" && !isLoopback(u.Hostname()) {
				return errors.New("shep.replies: off needs https, else nobody vouches for an answer")
			}
		}
	case "national":
		if err := (Transport{Check: TransportNational, BIN: s.RepliesBIN}).Problem(); err != nil {
			return errors.New("shep.replies_bin: replies: national needs the BIN of the gateway's operator, twelve digits, quoted")
		}
	default:
		return fmt.Errorf("shep.replies: %q is none of pinned, national, off", s.Replies)
	}
	return nil
}

func (s SHEPService) validate(of SHEP) error {
	switch {
	case s.Delivery != "" && s.Delivery != "push" && s.Delivery != "pull":
		return fmt.Errorf("delivery: %q is neither push nor pull", s.Delivery)
	case s.Channel != "" && s.Channel != "async" && s.Channel != "sync":
		return fmt.Errorf("channel: %q is neither async nor sync", s.Channel)
	case s.Every < 0 || s.Amount < 0:
		return errors.New("every and amount are not negative")
	case (s.Pulls() || s.Confirm) && of.Send == "":
		return errors.New("pull and confirm need shep.send, the asynchronous channel")
	case s.Channel == "sync" && of.SendSync == "":
		return errors.New("channel: sync needs shep.send_sync")
	}
	return nil
}
