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
		Example: "container = web", show: showContainer,
		parts: func() []*Fact {
			return containerParts("container", func(s *sock.Socket) *sock.Container { return s.Container })
		},
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

// containerParts are those of an object that is a container.
func containerParts(object string, in func(*sock.Socket) *sock.Container) []*Fact {
	text := func(name, doc, example string, at func(*sock.Container) *string) *Fact {
		flat := object + "_" + name
		return &Fact{
			Name: object + "." + name, Aliases: []string{flat}, Kind: Text, Doc: doc, Example: object + "." + example, label: flat,
			text: of(in, at),
		}
	}
	return []*Fact{
		text("runtime", "what runs it: docker, containerd, cri-o, podman, lxc, nspawn or libvirt-lxc, where that is told", "runtime = docker", func(c *sock.Container) *string { return &c.Runtime }),
		text("id", "its ID in the runtime", "id ~ /^3f4a/", func(c *sock.Container) *string { return &c.ID }),
		text("name", "its name, where the files of the runtime may be read", "name = web", func(c *sock.Container) *string { return &c.Name }),
		text("image", "its image, from the same files", "image ~ /nginx/", func(c *sock.Container) *string { return &c.Image }),
		text("pod", "name of its pod, from the same files", "pod ~ /^web-/", func(c *sock.Container) *string { return &c.Pod }),
		text("pod_id", "UID of its pod in Kubernetes, ID in podman", "pod_id = 01234567-89ab-cdef-0123-456789abcdef", func(c *sock.Container) *string { return &c.PodID }),
		text("namespace", "namespace of the pod in Kubernetes, or that of containerd", "namespace = kube-system", func(c *sock.Container) *string { return &c.Namespace }),
	}
}

// showContainer shows the name, or else the first digits of the ID.
func showContainer(_ *View, dst []byte, s *sock.Socket) []byte {
	if !s.Knows(sock.FieldPlace) {
		return dst
	}
	return appendContainer(dst, s.Container)
}

func appendContainer(dst []byte, c *sock.Container) []byte {
	if c == nil {
		return dst
	}
	return appendEscaped(dst, c.Called())
}

func compareContainers(a, b *sock.Socket) int {
	return strings.Compare(a.Container.Called(), b.Container.Called())
}
