// Package app wires the gateway from its configuration: adapters below, the domain in the
// middle, listeners and background rounds on top.
//
//	a, err := app.New(ctx, cfg, app.Machine())
//	defer a.Close()
//	err = a.Start()   // listens
//	err = a.Run(ctx)  // serves until ctx ends
package app
