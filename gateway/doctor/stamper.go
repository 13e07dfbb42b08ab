package doctor

import (
	"context"
	"errors"
	"time"

	"kopir/xmlsig/reason"
	"kopir/xmlsig/tsp"
)

// stampCauses are what is wrong with a stamp by the check that found it.
var stampCauses = map[string]string{
	tsp.CheckImprint: "tsa_imprint", tsp.CheckNonce: "tsa_nonce", tsp.CheckPolicy: "tsa_policy", tsp.CheckCertificate: "tsa_signature",
	reason.CheckSignature: "tsa_signature", reason.CheckPurpose: "tsa_purpose", reason.CheckValidity: "tsa_expired", reason.CheckChain: "tsa_chain",
}

// stamper lets an authority stamp a number nobody has seen, and judges the stamp.
func (x *Examination) stamper(ctx context.Context, address string) Finding {
	pairs := []string{"host", HostOf(address)}
	data, nonce := x.nonce(), x.number()
	imprint, err := tsp.Digest(x.Stampers.Hash, data)
	if err != nil {
		return found(CheckTSA, address, Fail, "tsa_hash", "address", pairs...)
	}
	request, err := tsp.NewRequest(imprint, x.Stampers.Hash, x.Stampers.Policy, nonce)
	if err != nil {
		return found(CheckTSA, address, Fail, "tsa_policy", "tsa_policy", pairs...)
	}
	reply := x.Prober.TSP(ctx, address, request)
	x.clock.date(address, reply)
	if f, failed := reply.Transport(CheckTSA, address); failed {
		return f
	}
	token, err := tsp.ParseResponse(reply.Body)
	if err != nil {
		var e *reason.Error
		if errors.As(err, &e) && e.Code == reason.SignatureMissing {
			return found(CheckTSA, address, Fail, "tsa_refuses", "owner", append(pairs, "status", e.Detail)...)
		}
		return found(CheckTSA, address, Fail, "tsa_unreadable", "address", pairs...)
	}
	opt := tsp.Options{Store: x.Stampers.Store, Data: data, Hash: x.Stampers.Hash, Nonce: nonce}
	if x.Stampers.Policy != "" {
		opt.Policies = []string{x.Stampers.Policy}
	}
	for _, c := range token.Verify(opt).Checks {
		if c.Outcome == reason.Passed || c.Outcome == reason.NotApplicable {
			continue
		}
		cause := stampCauses[c.Name]
		return found(CheckTSA, address, Fail, cause, stampAdvice(cause), append(pairs, "policy", token.Policy)...)
	}
	x.clock.signed(address, x.Now().Sub(token.GenTime))
	if reply.Took > slow {
		return found(CheckTSA, address, Warn, "slow", "owner", append(pairs, "took", reply.Took.Round(time.Millisecond).String())...)
	}
	return found(CheckTSA, address, OK, "tsa_stamps", "", pairs...)
}

func stampAdvice(cause string) string {
	switch cause {
	case "tsa_policy":
		return "tsa_policy"
	case "tsa_chain":
		return "tsa_chain"
	case "tsa_expired":
		return "owner"
	}
	return "attack"
}
