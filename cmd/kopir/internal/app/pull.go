package app

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"kopir/adapters/envelope"
	"kopir/adapters/shep"
	"kopir/adapters/soap"
	"kopir/gateway"
)

// serviceIDs are the names of a service in the gateway's registry, those of its regional variants too.
func (a *App) serviceIDs(key string) (ids []string) {
	for _, s := range a.rules.Catalogue.Services() {
		if base, _, _ := strings.Cut(s.Key, "/"); s.Key != key && base != key {
			continue
		}
		for _, id := range s.SHEP.ServiceIDs {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// pulls are the rounds that fetch applications, one for each service that is pulled. Pulled
// applications go through the same intake as pushed ones.
func (a *App) pulls() (rounds []round) {
	services, caller := a.cfg.SHEP.Services, a.pulledFrom()
	for _, key := range slices.Sorted(maps.Keys(services)) {
		s := services[key]
		if a.shep == nil || !s.Pulls() {
			continue
		}
		p := a.shep.Puller(shep.PullConfig{Service: key, ServiceIDs: a.serviceIDs(key), Amount: s.Amount, Intake: a.intake, Caller: caller})
		rounds = append(rounds, round{"pull " + key, s.Pause(), p.Round})
	}
	return rounds
}

// pulledFrom is the gateway as the caller of pulled applications, by what vouches for its answers.
func (a *App) pulledFrom() gateway.Caller {
	caller := callerSHEP
	switch a.cfg.SHEP.Replies {
	case "national":
		caller.ID = callerNational
	case "off":
		caller.ID = callerSource
	}
	return caller
}

// maxNotices bounds the confirmations that wait. They are a courtesy: a pushed application was answered
// already, and what does not find room is not sent.
const maxNotices = 1000

// confirming tells the gateway by a delivery notification what became of pushed applications, for the
// services that ask for one.
type confirming struct {
	soap.Intake
	app    *App
	wanted map[string]bool // by serviceId
}

// confirmingIntake is the intake as the push addresses see it.
func (a *App) confirmingIntake() soap.Intake {
	wanted := map[string]bool{}
	for key, s := range a.cfg.SHEP.Services {
		if !s.Confirm {
			continue
		}
		for _, id := range a.serviceIDs(key) {
			wanted[id] = true
		}
	}
	if len(wanted) == 0 || a.shep == nil {
		return a.intake
	}
	return confirming{Intake: a.intake, app: a, wanted: wanted}
}

// Accept implements soap.Intake.
func (c confirming) Accept(ctx context.Context, s gateway.Submission) (gateway.Answer, error) {
	answer, err := c.Intake.Accept(ctx, s)
	if s.Via == gateway.ViaAsyncSOAP && c.wanted[s.Envelope.ServiceID] {
		select {
		case c.app.notices <- shep.NoticeOf(s.Envelope, answer, err):
		default:
		}
	}
	return answer, err
}

// confirmPushed sends delivery notifications until ctx ends.
func (a *App) confirmPushed(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case n := <-a.notices:
			if err := a.shep.Confirm(ctx, n); err != nil && ctx.Err() == nil {
				a.out.Log.LogAttrs(ctx, slog.LevelWarn, "delivery notification not sent", slog.String("error", err.Error()))
			}
		}
	}
}

// statusSink hears what became of messages we sent.
type statusSink struct{ app *App }

// actMessageStatus is the act of the gateway that a message of ours did not reach its receiver.
const actMessageStatus = "shep_message_status"

// MessageStatus implements soap.StatusSink. That a message has arrived, or is under way, needs nobody; one
// that did not arrive is kept, for people to look at.
func (s statusSink) MessageStatus(ctx context.Context, caller gateway.Caller, n envelope.ChangeStatusNotification) error {
	if n.MessageState != envelope.StateNotDelivered && n.MessageState != envelope.StateDeliveryStopped {
		return nil
	}
	s.app.out.Log.LogAttrs(ctx, slog.LevelWarn, "the state gateway could not deliver a message", slog.String("message_id", n.MessageID),
		slog.String("state", n.MessageState))
	return s.app.ledger.Act(ctx, gateway.Act{At: s.app.out.World().Now(), Actor: caller.ID, Kind: actMessageStatus, Target: n.MessageID,
		Data: map[string]string{"state": n.MessageState, "notification": n.NotificationID}})
}
