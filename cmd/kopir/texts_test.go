package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"

	"kopir/cmd/kopir/internal/config"
)

// operatorTexts are the files whose words people read when something is wrong.
func operatorTexts(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"codes.yaml", "texts/*.yaml", "../adapters/console/texts/*.yaml"} {
		files, err := filepath.Glob(filepath.Join("../../schemas", pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no files (%v)", pattern, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			texts[file] = string(b)
		}
	}
	return texts
}

// child is the command of that name below node, nil if there is none.
func child(node *kong.Node, name string) *kong.Node {
	i := slices.IndexFunc(node.Children, func(n *kong.Node) bool { return n.Type == kong.CommandNode && n.Name == name })
	if i < 0 {
		return nil
	}
	return node.Children[i]
}

// unknownCommand says what is wrong with the words after "kopir"; a command with commands of its own
// has to be named with one of them, and what follows a command is plain text.
func unknownCommand(root *kong.Node, words []string) error {
	node := root
	for _, word := range words {
		if len(node.Children) == 0 {
			return nil
		}
		below := child(node, word)
		if below == nil {
			return fmt.Errorf("%q has no command %q", node.FullPath(), word)
		}
		node = below
	}
	if len(node.Children) > 0 {
		return fmt.Errorf("%q needs a command", node.FullPath())
	}
	return nil
}

func TestTextsNameCommandsThatExist(t *testing.T) {
	var cli commands
	parser, err := kong.New(&cli, kong.Name("kopir"))
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"trust remove", "surgeon", "caller", "caller show"} {
		if unknownCommand(parser.Model.Node, strings.Fields(wrong)) == nil {
			t.Errorf("the test takes %q for a command", wrong)
		}
	}
	named := regexp.MustCompile(`\bkopir ([a-z]+(?: [a-z]+)?)`)
	found := 0
	for file, text := range operatorTexts(t) {
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			found++
			if err := unknownCommand(parser.Model.Node, strings.Fields(m[1])); err != nil {
				t.Errorf("%s: %q: %v", file, m[0], err)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d commands found", found)
	}
}

func TestTextsNameSettingsThatExist(t *testing.T) {
	named := regexp.MustCompile(`\b(trust|revocation|shep|intervals)\.([a-z_]+)\b`)
	found := 0
	for file, text := range operatorTexts(t) {
		if !strings.HasSuffix(file, "codes.yaml") { // in the others a dot parts the words of a key
			continue
		}
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			found++
			b, err := yaml.Marshal(map[string]any{m[1]: map[string]any{m[2]: nil}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := config.Parse(b, m[0]); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	if found == 0 {
		t.Error("no setting is named")
	}
}
