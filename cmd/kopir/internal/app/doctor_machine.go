package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"kopir/adapters/sqlledger"
	"kopir/gateway/doctor"
)

// folders: the data folder takes files, and keys are nobody else's to read.
func (c *checkup) folders() {
	info, err := os.Stat(c.cfg.Data)
	if err != nil || !info.IsDir() {
		c.add(doctor.CheckData, c.cfg.Data, doctor.Warn, "data_missing", "serve", "file", c.cfg.Data)
		return
	}
	f, err := os.CreateTemp(c.cfg.Data, ".doctor-*")
	if err != nil {
		c.add(doctor.CheckData, c.cfg.Data, doctor.Fail, "data_not_writable", "owner_of_folder", "file", c.cfg.Data)
	} else {
		_ = f.Close()
		_ = os.Remove(f.Name())
		c.add(doctor.CheckData, c.cfg.Data, doctor.OK, "data_writable", "", "file", c.cfg.Data)
	}
	for _, file := range c.secrets() {
		c.secret(file)
	}
}

// secrets are all files with keys and passwords.
func (c *checkup) secrets() []string {
	files, _ := filepath.Glob(filepath.Join(c.cfg.Data, "keys", "*"))
	seen := map[string]bool{}
	for _, file := range files {
		seen[file] = true
	}
	for _, file := range []string{c.cfg.CallKey, c.cfg.Evidence.SealKey, c.cfg.Evidence.SealPassword, c.cfg.SHEP.KeyFile, c.cfg.SHEP.KeyPassword, c.cfg.SHEP.PasswordFile} {
		if file != "" && !seen[file] {
			seen[file] = true
			files = append(files, file)
		}
	}
	return files
}

func (c *checkup) secret(file string) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && (file == c.cfg.CallKey || file == c.cfg.Evidence.SealKey): // made when it is needed
	case err != nil:
		c.add(doctor.CheckData, file, doctor.Fail, "key_missing", "owner_of_folder", "file", file)
	case info.Mode().Perm()&0o007 != 0:
		c.add(doctor.CheckData, file, doctor.Fail, "key_mode", "chmod", "file", file, "mode", fmt.Sprintf("%04o", info.Mode().Perm()))
	case info.Mode().Perm()&0o070 != 0 && filepath.Ext(file) != ".cer":
		c.add(doctor.CheckData, file, doctor.Warn, "key_mode", "chmod", "file", file, "mode", fmt.Sprintf("%04o", info.Mode().Perm()))
	}
}

// Free space below which people should act: lists of 22 MB are kept whenever they change.
const (
	diskLow  = 2 << 30
	diskFull = 256 << 20
)

func (c *checkup) disk() {
	free, ok := freeSpace(c.cfg.Data)
	if !ok {
		return // no folder yet, or a system that does not say
	}
	words := fmt.Sprintf("%.1f GB", float64(free)/(1<<30))
	switch {
	case free < diskFull:
		c.add(doctor.CheckDisk, c.cfg.Data, doctor.Fail, "disk_low", "disk", "free", words)
	case free < diskLow:
		c.add(doctor.CheckDisk, c.cfg.Data, doctor.Warn, "disk_low", "disk", "free", words)
	default:
		c.add(doctor.CheckDisk, c.cfg.Data, doctor.OK, "disk_free", "", "free", words)
	}
}

// ledgerTimeout bounds what the ledger may take: a lost server is silent.
const ledgerTimeout = 10 * time.Second

// openLedger opens the ledger only if that changes nothing in it: an older one is left as it is.
func (c *checkup) openLedger(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, ledgerTimeout)
	defer cancel()
	name := withoutPassword(c.cfg.Ledger)
	if _, err := os.Stat(c.cfg.Ledger); err != nil && !IsPostgres(c.cfg.Ledger) {
		c.add(doctor.CheckLedger, name, doctor.Warn, "ledger_missing", "serve", "file", name)
		return
	}
	schema, err := sqlledger.Examine(ctx, c.cfg.Ledger)
	has, wants := strconv.Itoa(schema.Has), strconv.Itoa(schema.Wants)
	switch {
	case err != nil:
		c.add(doctor.CheckLedger, name, doctor.Fail, "ledger_unreachable", "ledger", "detail", cause(err))
		return
	case schema.Has < schema.Wants:
		c.add(doctor.CheckLedger, name, doctor.Warn, "ledger_old", "serve", "has", has, "wants", wants)
		return
	case schema.Has > schema.Wants:
		c.add(doctor.CheckLedger, name, doctor.Fail, "ledger_new", "program", "has", has, "wants", wants)
		return
	}
	ledger, err := OpenLedger(ctx, c.cfg, c.out)
	if err == nil {
		if err = ledger.Ping(ctx); err == nil {
			c.ledger = ledger
			c.add(doctor.CheckLedger, name, doctor.OK, "ledger_good", "", "has", has)
			return
		}
		_ = ledger.Close()
	}
	c.add(doctor.CheckLedger, name, doctor.Fail, "ledger_not_writable", "ledger", "detail", cause(err))
}

func (c *checkup) redis(ctx context.Context) {
	if c.cfg.Redis == "" {
		c.add(doctor.CheckRedis, "", doctor.OK, "not_configured", "")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, ledgerTimeout)
	defer cancel()
	name := doctor.HostOf(c.cfg.Redis)
	index, err := openIndex(c.cfg)
	if err == nil {
		err = errors.Join(index.Ping(ctx), index.Close())
	}
	if err != nil {
		c.add(doctor.CheckRedis, name, doctor.Warn, "redis_unreachable", "redis", "host", name)
		return
	}
	c.add(doctor.CheckRedis, name, doctor.OK, "connects", "", "host", name)
}

// calendarSoon is the month from which on next year's calendar is needed: terms reach over the new year.
const calendarSoon = time.October

// calendar: due times cannot be counted over a year whose days off nobody has entered.
func (c *checkup) calendar() {
	rules, err := LoadRules(c.cfg)
	if err != nil {
		c.add(doctor.CheckConfig, c.cfg.Catalogue, doctor.Fail, "catalogue", "catalogue", "detail", err.Error())
		return
	}
	have := map[int]bool{}
	for _, year := range rules.Calendar.Years() {
		have[year] = true
	}
	now := c.out.Now()
	year := now.In(rules.Calendar.Location()).Year()
	switch {
	case !have[year]:
		c.add(doctor.CheckCalendar, "", doctor.Fail, "calendar_missing", "calendar", "year", strconv.Itoa(year))
	case !have[year+1] && now.Month() >= calendarSoon:
		c.add(doctor.CheckCalendar, "", doctor.Fail, "calendar_missing", "calendar", "year", strconv.Itoa(year+1))
	case !have[year+1]:
		c.add(doctor.CheckCalendar, "", doctor.Warn, "calendar_missing", "calendar", "year", strconv.Itoa(year+1))
	default:
		c.add(doctor.CheckCalendar, "", doctor.OK, "calendar_good", "", "year", strconv.Itoa(year), "next", strconv.Itoa(year+1))
	}
}
