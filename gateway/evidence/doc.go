// Package evidence packs everything the gateway knows of one case into one container that a court can
// check without the gateway, and checks such containers.
//
//	bundle, err := evidence.Collect(ctx, sources, number, evidence.CollectOptions{At: now})
//	container, err := bundle.Seal(key, rand)
//	report := evidence.Verify(ctx, container, evidence.Options{Trust: anchors})
//
// A container is a ZIP in the shape of ASiC-E with XAdES (ETSI EN 319 162-1): the received bytes, the
// covered octets, every verdict as it was stored, the certificates, the very OCSP answers that were
// used, the chained history, the result, receipts and timestamps, and one detached XAdES signature of
// the gateway over all of it. [Verify] makes every verdict again at the recorded moments, with nothing
// but what is in the container, and says in words what differs.
//
// The same verdicts made again under another policy are [WhatIf].
package evidence
