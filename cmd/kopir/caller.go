package main

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"strings"
	"text/tabwriter"

	"kopir/cmd/kopir/internal/app"
	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
)

// CallerCmd keeps the list of those the gateway knows.
type CallerCmd struct {
	Add    CallerAddCmd    `cmd:"" help:"Add a caller and print its key, this once. Example: kopir caller add --kind provider --provider nk-dep-01 ajyrtau"`
	Rotate CallerRotateCmd `cmd:"" help:"Give a caller a new key; the old one is void at once. Example: kopir caller rotate ajyrtau"`
	Revoke CallerRevokeCmd `cmd:"" help:"Take a caller's key away. Example: kopir caller revoke ajyrtau"`
	List   CallerListCmd   `cmd:"" help:"List all callers. Example: kopir caller list"`
}

// where names the ledger a command works on.
type where struct {
	Config string `help:"Configuration file." type:"path" placeholder:"kopir.yaml"`
	Data   string `help:"Data folder instead of the configured one." type:"path"`
	Ledger string `help:"Ledger instead of the configured one: a SQLite file or postgres://…"`
}

func (w where) load() (config.Config, error) {
	cfg, err := config.Load(w.Config)
	if err != nil {
		return config.Config{}, err
	}
	if w.Data != "" {
		cfg.Data, cfg.Ledger = w.Data, ""
	}
	if w.Ledger != "" {
		cfg.Ledger = w.Ledger
	}
	return cfg.WithDefaults(), nil
}

// access opens the ledger for one command. Only adding a caller may make a new ledger: elsewhere a
// mistyped folder would show an empty list.
func (w where) access(create bool, fn func(ctx context.Context, a *gateway.Access, actor string) error) error {
	cfg, err := w.load()
	if err != nil {
		return err
	}
	if _, err := os.Stat(cfg.Ledger); err != nil && !create && !app.IsPostgres(cfg.Ledger) {
		return fmt.Errorf("there is no ledger %s; name it by --config, --data or --ledger", cfg.Ledger)
	}
	ctx := context.Background()
	ledger, err := app.OpenLedger(ctx, cfg, app.Machine())
	if err != nil {
		return err
	}
	defer ledger.Close()
	return fn(ctx, gateway.NewAccess(ledger, app.Machine().World()), operatorName())
}

// operatorName is who acts at the keyboard, for the ledger's acts.
func operatorName() string {
	if u, err := user.Current(); err == nil {
		return "operator:" + u.Username
	}
	return "operator"
}

// CallerAddCmd adds a caller.
type CallerAddCmd struct {
	where
	ID       string   `arg:"" help:"Short name of the caller."`
	Kind     string   `required:"" enum:"portal,provider,operator" help:"portal, provider or operator."`
	Name     string   `help:"Full name."`
	Provider []string `help:"Whose queue a provider's caller may take; can be repeated."`
	Channel  string   `help:"Channel of a portal's applications: portal, service_centre, department, rural_akim, employment_centre." default:"portal"`
	Callback string   `help:"Address that takes status and results for a REST caller; its host must be configured under callbacks."`
}

// Run adds the caller.
func (c *CallerAddCmd) Run() error {
	if err := c.check(); err != nil {
		return err
	}
	return c.access(true, func(ctx context.Context, a *gateway.Access, actor string) error {
		key, err := a.Add(ctx, gateway.Caller{ID: c.ID, Kind: gateway.CallerKind(c.Kind), Name: c.Name, Providers: c.Provider,
			Channel: gateway.Channel(c.Channel), Callback: c.Callback}, actor)
		if err := printKey(key, err); err != nil || c.Callback == "" {
			return err
		}
		return c.printSecret()
	})
}

// check finds what the ledger cannot know: providers that are not in the registry, an address whose
// host the gateway would never call.
func (c *CallerAddCmd) check() error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	rules, err := app.LoadRules(cfg)
	if err != nil {
		return err
	}
	for _, id := range c.Provider {
		if _, ok := rules.Registry.Provider(id); !ok {
			return fmt.Errorf("--provider %s: the registry has no such provider; see kopir route and schemas/providers", id)
		}
	}
	if c.Callback != "" && !cfg.MayCall(c.Callback) {
		fmt.Fprintf(os.Stderr, "kopir: warning: the host of %s is not in this configuration's callbacks; the gateway will not call it\n", c.Callback)
	}
	return nil
}

// printSecret tells a caller with a callback how to know that a callback is ours.
func (c *CallerAddCmd) printSecret() error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	secret, err := app.CallbackSecret(cfg, app.Machine(), c.ID)
	if err == nil {
		fmt.Fprintln(os.Stderr, "Callbacks carry Kopir-Signature, HMAC-SHA256 with the secret", secret)
	}
	return err
}

func printKey(key string, err error) error {
	if err == nil {
		_, err = fmt.Println(key)
		fmt.Fprintln(os.Stderr, "This key is shown once; the ledger keeps only its SHA-256.")
	}
	return err
}

// CallerRotateCmd gives a new key.
type CallerRotateCmd struct {
	where
	ID string `arg:"" help:"Short name of the caller."`
}

// Run rotates the key.
func (c *CallerRotateCmd) Run() error {
	return c.access(false, func(ctx context.Context, a *gateway.Access, actor string) error {
		key, err := a.Rotate(ctx, c.ID, actor)
		if err == nil && c.ID == "operator" {
			fmt.Fprintln(os.Stderr, "keys/operator.key in the data folder holds the old key; delete it.")
		}
		return printKey(key, err)
	})
}

// CallerRevokeCmd takes a key away.
type CallerRevokeCmd struct {
	where
	ID string `arg:"" help:"Short name of the caller."`
}

// Run revokes the key.
func (c *CallerRevokeCmd) Run() error {
	return c.access(false, func(ctx context.Context, a *gateway.Access, actor string) error {
		err := a.Revoke(ctx, c.ID, actor)
		if err == nil {
			fmt.Fprintln(os.Stderr, c.ID, "is revoked; its key is void at once.")
		}
		return err
	})
}

// CallerListCmd lists callers.
type CallerListCmd struct{ where }

// Run prints the list; keys are not in it.
func (c *CallerListCmd) Run() error {
	return c.access(false, func(ctx context.Context, a *gateway.Access, _ string) error {
		callers, err := a.List(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tKIND\tCHANNEL\tPROVIDERS\tCALLBACK\tSINCE\tREVOKED")
		for _, k := range callers {
			revoked := ""
			if !k.RevokedAt.IsZero() {
				revoked = k.RevokedAt.Format("2006-01-02")
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Kind, k.Channel, strings.Join(k.Providers, " "), k.Callback, k.CreatedAt.Format("2006-01-02"), revoked)
		}
		return w.Flush()
	})
}
