package telemetry

import (
	"net/http"
	"strconv"
	"strings"

	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// Labels.
const (
	labelKind        = "kind"
	labelOutcome     = "outcome"
	labelCode        = "code"
	labelService     = "service"
	labelProvider    = "provider"
	labelDecision    = "decision"
	labelVia         = "via"
	labelDestination = "destination"
	labelResult      = "result"
	labelRoute       = "route"
	labelMethod      = "method"
	labelStatus      = "status"
	labelEvent       = "event"
	labelSource      = "source"
	labelWithin      = "within"
)

// Values that stand for "not in the list" and "none", and the two results of a delivery.
const (
	other           = "other"
	none            = "none"
	resultDelivered = "delivered"
	resultFailed    = "failed"
)

// closed is a list of the values a label may have.
type closed map[string]struct{}

func newClosed[S ~string](values ...S) closed {
	c := closed{}
	for _, v := range values {
		c[string(v)] = struct{}{}
	}
	return c
}

// of returns the value, or "other" if it is not in the list.
func (c closed) of(value string) string {
	if _, ok := c[value]; ok {
		return value
	}
	return other
}

// lists are all the values labels may have.
type lists struct {
	kinds, outcomes, codes, services, providers, decisions, vias, destinations, routes, methods, events, sources closed
}

func newLists(cfg Config) lists {
	l := lists{
		kinds:        newClosed("application", "result", "recheck"),
		outcomes:     newClosed[string](),
		codes:        newClosed(gateway.Codes()...),
		services:     newClosed(cfg.Services...),
		providers:    newClosed(cfg.Providers...),
		decisions:    newClosed(gateway.DecisionAccepted, gateway.DecisionParked, gateway.DecisionRefused),
		vias:         newClosed(gateway.ViaREST, gateway.ViaSyncSOAP, gateway.ViaAsyncSOAP),
		destinations: newClosed("shep", "callback"),
		sources:      newClosed("ocsp", "crl", "cache"),
		routes:       newClosed(cfg.Routes...),
		events:       newClosed(gateway.EventEscalated, gateway.EventMarked, gateway.EventMarkConfirmed, gateway.EventMarkFailed),
		methods: newClosed(http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
			http.MethodDelete, http.MethodOptions),
	}
	for o := range reason.NotApplicable + 1 {
		l.outcomes[o.String()] = struct{}{}
	}
	if cfg.Routes == nil {
		l.routes = newClosed(Routes()...)
	}
	return l
}

// Routes are the templates of DESIGN §5, and "unmatched" for what none of them fits.
func Routes() []string {
	return []string{
		"/v1/applications", "/v1/applications/{number}", "/v1/applications/search",
		"/v1/applications/{number}/attachments/{sha256}", "/v1/applications/{number}/result", "/v1/applications/{number}/steps",
		"/v1/providers/{id}/leases", "/v1/leases/{id}/ack", "/v1/leases/{id}/renew", "/v1/leases/{id}/release", "/v1/leases/{id}/dead",
		"/shep/sync", "/shep/async", "/openapi.yaml", "/healthz", "/readyz", "/metrics", "/console", "unmatched",
	}
}

func (l lists) code(c gateway.Code) string {
	if c == "" {
		return none
	}
	return l.codes.of(string(c))
}

// service counts the service; a document that was refused before its service was known has none.
func (l lists) service(key string) string {
	if key == "" {
		return none
	}
	return l.services.of(key)
}

// destination is the kind of "shep" or "callback:<caller>".
func (l lists) destination(name string) string {
	kind, _, _ := strings.Cut(name, ":")
	return l.destinations.of(kind)
}

func (l lists) status(status int) string {
	if status < 100 || status > 599 {
		return other
	}
	return strconv.Itoa(status)
}
