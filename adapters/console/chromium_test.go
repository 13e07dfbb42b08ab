package console

import (
	"context"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestInChromium opens the board and one verdict in a browser and looks at what it made of them.
func TestInChromium(t *testing.T) {
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			browser = p
			break
		}
	}
	if browser == "" {
		t.Skip("no chromium here: apt-get install chromium")
	}
	srv := httptest.NewServer(newConsole(sample(), func(c *Config) { c.TestPKI = true }))
	defer srv.Close()

	board := domOf(t, browser, srv.URL+"/console?lang=kk")
	f := boardOf(t, sample(), "day")
	bars := 0
	for _, col := range f.Columns {
		bars += len(col.Bars)
	}
	if got := len(regexp.MustCompile(`<rect class="s\d"`).FindAllString(board, -1)); got != bars || bars == 0 {
		t.Errorf("the browser has %d bars, want %d", got, bars)
	}
	for _, want := range []string{`<html lang="kk">`, "ТЕСТІЛІК КІЛТТЕР", "Куәліктің мәртебесі белгісіз", "Қызылжар аудандық", "</table>", "</footer>"} {
		if !strings.Contains(board, want) {
			t.Errorf("the board in the browser lacks %q", want)
		}
	}

	verdict := domOf(t, browser, srv.URL+"/console/verdicts/06F00XYZ?lang=ru")
	for _, want := range []string{"Содержимое изменено после подписания", "reference 1: the digest of the content differs", "Ничто в этом документе не признано охваченным",
		`<tr role="row" class="line-failed">`, "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ"} {
		if !strings.Contains(verdict, want) {
			t.Errorf("the verdict in the browser lacks %q", want)
		}
	}
}

func domOf(t *testing.T, browser, address string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(), "--dump-dom", address)
	cmd.WaitDelay = 5 * time.Second // its children may hold the pipe
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	return string(out)
}
