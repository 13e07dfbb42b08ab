package soap_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// source is a file of the strangers' folder by its absolute name: clients run elsewhere.
func source(t *testing.T, name string) string {
	t.Helper()
	file, err := filepath.Abs(filepath.Join(strangers, name))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// zeep finds a Python that has Debian's python3-zeep; another one may come first on the PATH.
func zeep(t *testing.T) stranger {
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import zeep, xmlsec").Run() == nil {
			return func(t *testing.T, arguments ...string) []byte {
				t.Helper()
				return program(t, t.TempDir(), python, append([]string{source(t, "client.py")}, arguments...)...)
			}
		}
	}
	t.Skip("zeep is not installed: apt-get install python3-zeep python3-xmlsec")
	return nil
}

// nodeSOAP installs the locked node-soap once into the user's cache.
func nodeSOAP(t *testing.T) stranger {
	for _, name := range []string{"node", "npm"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed: apt-get install nodejs npm", name)
		}
	}
	home := nodeModules(t)
	return func(t *testing.T, arguments ...string) []byte {
		t.Helper()
		return program(t, home, "node", append([]string{source(t, "client.js")}, arguments...)...)
	}
}

// reUnreachable is how npm says that the registry does not answer.
var reUnreachable = regexp.MustCompile(`ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED|E5\d\d`)

// nodeModules is the folder of an installation made from the lock file, which names it.
func nodeModules(t *testing.T) string {
	t.Helper()
	lock, err := os.ReadFile(filepath.Join(strangers, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	sum := sha256.Sum256(lock)
	home := filepath.Join(cache, "kopir-strangers", hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(home); err == nil {
		return home
	}
	if err := os.MkdirAll(filepath.Dir(home), 0o700); err != nil {
		t.Fatal(err)
	}
	fresh, err := os.MkdirTemp(filepath.Dir(home), "new-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(fresh)
	for _, name := range []string{"package.json", "package-lock.json"} {
		b, err := os.ReadFile(filepath.Join(strangers, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(fresh, name), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	npm := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=1", "--fetch-timeout=30000")
	npm.Dir = fresh
	if out, err := npm.CombinedOutput(); err != nil {
		if reUnreachable.Match(out) {
			t.Skipf("node-soap cannot be installed, the npm registry does not answer: %v\n%s", err, out)
		}
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	if err := os.Rename(fresh, home); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	return home
}
