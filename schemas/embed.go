// Package schemas carries the data Kopir runs on: the service catalogue, the providers, the
// calendars, the territory codes, the texts. It imports nothing of ours; [FS] is read by
// gateway/catalogue, gateway/routing and gateway/worktime, and an operator may put a folder of
// the same shape in its place.
package schemas

import "embed"

// FS holds services/, payloads/, providers/, calendar/, texts/, kato.tsv and codes.yaml.
//
//go:embed all:services all:payloads all:providers all:calendar all:texts kato.tsv codes.yaml
var FS embed.FS
