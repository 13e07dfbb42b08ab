package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"kopir/cmd/kopir/internal/app"
	"kopir/gateway/doctor"
	"kopir/schemas"
)

// DoctorCmd looks for what is wrong, or will be.
type DoctorCmd struct {
	where
	JSON     bool   `name:"json" help:"Print one JSON object."`
	Lang     string `default:"en" enum:"kk,ru,en" help:"Language of what is printed: ${enum}."`
	Problems bool   `help:"Print only what is not in order."`
}

// Help shows an example and tells what the exit code means.
func (c *DoctorCmd) Help() string {
	return `Every configured responder, list and time-stamping authority is really asked, with the same bounds the gateway
has; the state gateway is only connected to. Nothing personal is printed, nothing is changed.

Exit codes: 0 all in order, 1 something failed, 3 only warnings.

Example: kopir doctor --config kopir.yaml --lang ru`
}

// Run prints the findings as they come.
func (c *DoctorCmd) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return c.run(ctx, standardStreams())
}

func (c *DoctorCmd) run(ctx context.Context, std streams) error {
	var findings []doctor.Finding
	hear := func(f doctor.Finding) {
		findings = append(findings, f)
		if !c.JSON && !(c.Problems && f.Level == doctor.OK) {
			c.print(std.out, f)
		}
	}
	cfg, err := c.load()
	if err != nil {
		hear(doctor.NewFinding(doctor.CheckConfig, c.Config, doctor.Fail, "config_unreadable", "config", "detail", err.Error()))
	} else {
		hear(doctor.NewFinding(doctor.CheckConfig, c.Config, doctor.OK, "config_good", ""))
		machine := app.Machine()
		machine.Now = std.now
		app.Doctor(ctx, cfg, machine, hear)
	}
	if err := c.summary(std.out, findings); err != nil {
		return err
	}
	switch doctor.Worst(findings) {
	case doctor.Fail:
		return &exitError{code: exitFailed}
	case doctor.Warn:
		return &exitError{code: exitInconclusive}
	}
	return nil
}

func (c *DoctorCmd) print(out io.Writer, f doctor.Finding) {
	fmt.Fprintf(out, "%-4s  %-8s  %s\n", f.Level, f.Check, f.Words(c.Lang))
	if f.Subject != "" && !strings.Contains(f.Words(c.Lang), f.Subject) {
		fmt.Fprintf(out, "                %s\n", f.Subject)
	}
	if advice := f.Advice(c.Lang); advice != "" {
		fmt.Fprintf(out, "                → %s\n", advice)
	}
}

// findingView is a finding as programs read it.
type findingView struct {
	Check   string            `json:"check"`
	Subject string            `json:"subject,omitempty"`
	Level   doctor.Level      `json:"level"`
	Code    string            `json:"code"`
	Cause   map[string]string `json:"cause"`
	Remedy  map[string]string `json:"remedy,omitempty"`
	Data    map[string]string `json:"data,omitempty"`
}

// summary counts, or prints everything as one object.
func (c *DoctorCmd) summary(out io.Writer, findings []doctor.Finding) error {
	count := map[doctor.Level]int{}
	views := []findingView{}
	for _, f := range findings {
		count[f.Level]++
		v := findingView{f.Check, f.Subject, f.Level, f.Cause, map[string]string{}, nil, f.Data}
		for _, lang := range schemas.Languages() {
			v.Cause[lang] = f.Words(lang)
			if f.Remedy != "" {
				if v.Remedy == nil {
					v.Remedy = map[string]string{}
				}
				v.Remedy[lang] = f.Advice(lang)
			}
		}
		views = append(views, v)
	}
	if c.JSON {
		return printJSON(out, struct {
			Result   doctor.Level  `json:"result"`
			Findings []findingView `json:"findings"`
		}{doctor.Worst(findings), views})
	}
	_, err := fmt.Fprintf(out, "doctor: %d ok, %d warnings, %d failures\n", count[doctor.OK], count[doctor.Warn], count[doctor.Fail])
	return err
}
