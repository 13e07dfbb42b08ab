package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
)

// recipients are who a container is encrypted to; nil encrypts to nobody.
type recipients struct {
	keys  []age.Recipient
	words []string
}

// maxKeyFile bounds a file of keys.
const maxKeyFile = 256 << 10

// readRecipients reads age1…, ssh-ed25519 … or ssh-rsa …, or a file with one of these a line.
func readRecipients(to string) (*recipients, error) {
	if to == "" {
		return nil, nil
	}
	lines := []string{to}
	if !isRecipient(to) {
		b, err := readFlagFile(to, maxKeyFile)
		if err != nil {
			return nil, fmt.Errorf("%q is neither a public key nor a file of them: %w", to, err)
		}
		lines = strings.Split(string(b), "\n")
	}
	r := &recipients{}
	for _, line := range lines {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := r.add(line); err != nil {
			return nil, err
		}
	}
	if len(r.keys) == 0 {
		return nil, errors.New("the file holds no public key")
	}
	return r, nil
}

func isRecipient(s string) bool { return strings.HasPrefix(s, "age1") || strings.HasPrefix(s, "ssh-") }

func (r *recipients) add(line string) error {
	if strings.HasPrefix(line, "ssh-") {
		key, err := agessh.ParseRecipient(line)
		if err != nil {
			return errors.New("the SSH public key cannot be used: want ssh-ed25519 or ssh-rsa")
		}
		r.keys = append(r.keys, key)
		r.words = append(r.words, strings.Join(strings.Fields(line)[:2], " "))
		return nil
	}
	keys, err := age.ParseRecipients(strings.NewReader(line))
	if err != nil {
		return errors.New("the age public key cannot be read")
	}
	r.keys = append(r.keys, keys...)
	r.words = append(r.words, line)
	return nil
}

// names lists the public keys for the audit log.
func (r *recipients) names() string {
	if r == nil {
		return ""
	}
	return strings.Join(r.words, ", ")
}

func (r *recipients) encrypt(b []byte) ([]byte, error) {
	if r == nil {
		return b, nil
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, r.keys...)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

const ageMagic = "age-encryption.org/"

// decrypt opens an encrypted container; another is given back as it is.
func decrypt(b []byte, identities []age.Identity, limit int) ([]byte, error) {
	var in io.Reader = bytes.NewReader(b)
	switch {
	case bytes.HasPrefix(b, []byte(armor.Header)):
		in = armor.NewReader(in)
	case !bytes.HasPrefix(b, []byte(ageMagic)):
		return b, nil
	}
	if len(identities) == 0 {
		return nil, errors.New("it is encrypted; give the key by --identity")
	}
	plain, err := age.Decrypt(in, identities...)
	if err != nil {
		return nil, errors.New("none of the identities opens it")
	}
	out, err := io.ReadAll(io.LimitReader(plain, int64(limit)+1))
	if err != nil {
		return nil, errors.New("it was damaged: its encryption does not hold")
	}
	return out, nil
}

// readIdentities reads age identities (AGE-SECRET-KEY-1…) or an SSH private key without a passphrase.
func readIdentities(path string) ([]age.Identity, error) {
	if path == "" {
		return nil, nil
	}
	b, err := readFlagFile(path, maxKeyFile)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(b, []byte("-----BEGIN ")) {
		id, err := agessh.ParseIdentity(b)
		if err != nil {
			return nil, errors.New("the SSH key cannot be used; one with a passphrase is not supported")
		}
		return []age.Identity{id}, nil
	}
	ids, err := age.ParseIdentities(bytes.NewReader(b))
	if err != nil {
		return nil, errors.New("the file holds no age identity")
	}
	return ids, nil
}

// readContainer reads a container from a file or standard input, decrypted.
func readContainer(path string, stdin io.Reader, identities []age.Identity, limit int) ([]byte, error) {
	if path != "-" {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return nil, errors.New("it is a folder")
		}
	}
	b, err := readDocument(path, stdin, limit+limit/16)
	if err != nil {
		return nil, err
	}
	return decrypt(b, identities, limit)
}
