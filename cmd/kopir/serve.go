package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"kopir/cmd/kopir/internal/app"
)

// ServeCmd runs the gateway.
type ServeCmd struct {
	where
	Listen string   `help:"Address to listen on." placeholder:"127.0.0.1:8480"`
	Redis  string   `help:"Redis for wake-ups: redis://host:port/db. Without it one machine runs on the ledger alone."`
	Role   []string `help:"What this process does: intake, worker, console. Default all." enum:"intake,worker,console"`
}

// Help shows an example under --help.
func (c *ServeCmd) Help() string {
	return "Without a configuration: loopback only, a SQLite file, no Redis.\n\nExample: kopir serve --config kopir.yaml --redis redis://127.0.0.1:6379/0"
}

// Run serves until Ctrl-C or SIGTERM.
func (c *ServeCmd) Run() error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if c.Listen != "" {
		cfg.Listen = c.Listen
	}
	if c.Redis != "" {
		cfg.Redis = c.Redis
	}
	if len(c.Role) > 0 {
		cfg.Roles = c.Role
	}
	if err := cfg.Validate(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a, err := app.New(ctx, cfg, app.Machine())
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.Start(); err != nil {
		return err
	}
	a.Greet(os.Stdout)
	return a.Run(ctx)
}
