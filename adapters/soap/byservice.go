package soap

import "context"

// ServiceTransport chooses the check by the serviceId of the message. The Body that is processed is held
// against that choice, and the signed form against the Body: nobody gains by naming a service that asks less.
type ServiceTransport struct {
	services map[string]Transport
	others   Transport
}

// NewServiceTransport makes the choice; others is for messages of a service that is not named, and for those
// that name none.
func NewServiceTransport(others Transport, services map[string]Transport) *ServiceTransport {
	return &ServiceTransport{services: services, others: others}
}

// Admit implements [Doorkeeper]: who is let in for no service is turned away before anything is read.
func (t *ServiceTransport) Admit(in Incoming) error {
	err := admit(t.others, in)
	for _, s := range t.services {
		if err == nil {
			return nil
		}
		if admit(s, in) == nil {
			return nil
		}
	}
	return err
}

func admit(t Transport, in Incoming) error {
	if door, ok := t.(Doorkeeper); ok {
		return door.Admit(in)
	}
	return nil
}

// Check implements [Transport].
func (t *ServiceTransport) Check(ctx context.Context, in Incoming) (Checked, error) {
	chosen := t.others
	if s, named := t.services[serviceOf(in.Message.Body)]; named {
		chosen = s
	}
	if err := admit(chosen, in); err != nil {
		return Checked{}, err
	}
	return chosen.Check(ctx, in)
}
