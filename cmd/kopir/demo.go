package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"kopir/cmd/kopir/internal/demo"
)

// DemoCmd tells the whole story on embedded defaults.
type DemoCmd struct {
	Once bool `help:"End when the story is told; the exit code is 0 only if everything happened."`
}

// Help shows an example under --help.
func (c *DemoCmd) Help() string {
	return "No database, no Redis, no key, no configuration: everything is made anew and thrown away.\n\nExample: kopir demo --once"
}

// Run tells the story.
func (c *DemoCmd) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return demo.Run(ctx, os.Stdout, demo.Options{Once: c.Once})
}
