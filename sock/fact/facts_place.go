package fact

import (
	"strings"

	"sockeye/sock"
)

// placeFacts say to what a socket belongs, as a control group tells it.
var placeFacts = []*Fact{
	{
		Name: "unit", Aliases: []string{"service_unit", "systemd_unit"}, Kind: Text, Needs: sock.FieldPlace, Optional: true, Option: "cgroup", Words: "units of systemd",
		Doc:     "unit of systemd, or of a user's systemd, that the process which holds the socket runs in; else the one that the socket was made in, see placed_by",
		Example: "unit = nginx.service",
		text:    func(s *sock.Socket) *string { return &s.Unit },
	},
	{
		Name: "container", Kind: Container, Needs: sock.FieldPlace, Optional: true, Option: "cgroup", Words: "containers",
		Doc:     "container that the process which holds the socket runs in; else the one that the socket was made in. A filter compares its name or its ID, of which 12 digits are enough",
		Example: "container = web", parts: containerParts, show: showContainer,
		has:   func(s *sock.Socket) bool { return s.Container != nil },
		begin: func(s *sock.Socket) { s.Container = new(sock.Container) },
		order: compareContainers,
	},
	choice(Fact{
		Name: "placed_by", Kind: Choice, Needs: sock.FieldPlace, Optional: true, Option: "cgroup", usual: uint64(sock.PlacedByOwner),
		Values: sock.PlacedByNames(), Words: "units of systemd",
		Doc: "how unit and container are known: owner, from the process that holds the socket, or socket, from where it was made", Example: "placed_by = socket",
	}, func(s *sock.Socket) uint8 { return uint8(s.PlacedBy) }, func(s *sock.Socket, v uint8) { s.PlacedBy = sock.PlacedBy(v) }),
}

func containerParts() []*Fact {
	return []*Fact{
		containerText("runtime", "what runs it: docker, containerd, cri-o, podman, lxc, nspawn or libvirt-lxc, where that is told", "container.runtime = docker", func(c *sock.Container) *string { return &c.Runtime }),
		containerText("id", "its ID in the runtime", "container.id ~ /^3f4a/", func(c *sock.Container) *string { return &c.ID }),
		containerText("name", "its name, where the files of the runtime may be read", "container.name = web", func(c *sock.Container) *string { return &c.Name }),
		containerText("image", "its image, from the same files", "container.image ~ /nginx/", func(c *sock.Container) *string { return &c.Image }),
		containerText("pod", "name of its pod, from the same files", "container.pod ~ /^web-/", func(c *sock.Container) *string { return &c.Pod }),
		containerText("pod_id", "UID of its pod in Kubernetes, ID in podman", "container.pod_id = 01234567-89ab-cdef-0123-456789abcdef", func(c *sock.Container) *string { return &c.PodID }),
		containerText("namespace", "namespace of the pod in Kubernetes, or that of containerd", "container.namespace = kube-system", func(c *sock.Container) *string { return &c.Namespace }),
	}
}

func containerText(name, doc, example string, at func(*sock.Container) *string) *Fact {
	return &Fact{
		Name: "container." + name, Aliases: []string{"container_" + name}, Kind: Text, Doc: doc, Example: example, label: "container_" + name,
		text: func(s *sock.Socket) *string {
			if s.Container == nil {
				return nil
			}
			return at(s.Container)
		},
	}
}

// showContainer shows the name, or else the first digits of the ID.
func showContainer(_ *View, dst []byte, s *sock.Socket) []byte {
	if !s.Knows(sock.FieldPlace) || s.Container == nil {
		return dst
	}
	return appendEscaped(dst, s.Container.Called())
}

func compareContainers(a, b *sock.Socket) int {
	return strings.Compare(a.Container.Called(), b.Container.Called())
}
