package container

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sockeye/sock"
)

// write makes a file below a root.
func write(t *testing.T, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The files are cut from those of docker 20.10, containerd 1.6, cri-o 1.28 and podman 4.3.
const (
	dockerFile = `{"StreamConfig":{},"State":{"Running":true,"Pid":4242},"ID":"` + id + `","Name":"/web","Config":{"Hostname":"1c8e73e2b9d7","Image":"nginx:1.25","Labels":{"maintainer":"x"}},"Driver":"overlay2"}`
	criFile    = `{"ociVersion":"1.0.2","annotations":{"io.kubernetes.cri.container-name":"coredns","io.kubernetes.cri.image-name":"registry.k8s.io/coredns/coredns:v1.10.1","io.kubernetes.cri.sandbox-name":"coredns-5d78c9869d-x2","io.kubernetes.cri.sandbox-namespace":"kube-system","io.kubernetes.cri.sandbox-uid":"` + pod + `"}}`
	crioFile   = `{"annotations":{"io.kubernetes.container.name":"etcd","io.kubernetes.pod.name":"etcd-master","io.kubernetes.pod.namespace":"kube-system","io.kubernetes.cri-o.ImageName":"quay.io/etcd:3.5"}}`
	podmanFile = `[{"id":"` + id + `","names":["db"],"image":"5f","metadata":"{\"image-name\":\"docker.io/library/postgres:16\",\"name\":\"db\"}"},{"id":"` + id2 + `","names":["bare"]}]`
)

func TestComplete(t *testing.T) {
	for name, test := range map[string]struct {
		file, text string
		place      Place
		want       sock.Container
	}{
		"docker": {
			"var/lib/docker/containers/" + id + "/config.v2.json", dockerFile,
			Place{Container: &sock.Container{Runtime: "docker", ID: id}},
			sock.Container{Runtime: "docker", ID: id, Name: "web", Image: "nginx:1.25"},
		},
		"docker under another parent": {
			"var/lib/docker/containers/" + id + "/config.v2.json", dockerFile,
			Place{Container: &sock.Container{ID: id}},
			sock.Container{Runtime: "docker", ID: id, Name: "web", Image: "nginx:1.25"},
		},
		"docker, rootless": {
			"home/alice/.local/share/docker/containers/" + id + "/config.v2.json", dockerFile,
			Place{Container: &sock.Container{Runtime: "docker", ID: id}, User: "1000"},
			sock.Container{Runtime: "docker", ID: id, Name: "web", Image: "nginx:1.25"},
		},
		"docker, the file of another": {
			"var/lib/docker/containers/" + id2 + "/config.v2.json", dockerFile,
			Place{Container: &sock.Container{Runtime: "docker", ID: id2}},
			sock.Container{Runtime: "docker", ID: id2},
		},
		"docker, not JSON": {
			"var/lib/docker/containers/" + id + "/config.v2.json", "{",
			Place{Container: &sock.Container{Runtime: "docker", ID: id}},
			sock.Container{Runtime: "docker", ID: id},
		},
		"kubernetes": {
			"run/containerd/io.containerd.runtime.v2.task/k8s.io/" + id + "/config.json", criFile,
			Place{Container: &sock.Container{ID: id, PodID: pod}},
			sock.Container{
				Runtime: "containerd", ID: id, Name: "coredns", Image: "registry.k8s.io/coredns/coredns:v1.10.1",
				Pod: "coredns-5d78c9869d-x2", PodID: pod, Namespace: "kube-system",
			},
		},
		"containerd, the bundle cannot be read": {
			"run/containerd/io.containerd.runtime.v2.task/other/" + id + "/log", "",
			Place{Container: &sock.Container{ID: id}},
			sock.Container{Runtime: "containerd", ID: id, Namespace: "other"},
		},
		"docker, which nothing but containerd tells": {
			"run/containerd/io.containerd.runtime.v2.task/moby/" + id + "/log", "",
			Place{Container: &sock.Container{ID: id}},
			sock.Container{Runtime: "docker", ID: id},
		},
		"cri-o": {
			"var/lib/containers/storage/overlay-containers/" + id + "/userdata/config.json", crioFile,
			Place{Container: &sock.Container{Runtime: "cri-o", ID: id, PodID: pod}},
			sock.Container{Runtime: "cri-o", ID: id, Name: "etcd", Image: "quay.io/etcd:3.5", Pod: "etcd-master", PodID: pod, Namespace: "kube-system"},
		},
		"podman, rootless": {
			"home/alice/.local/share/containers/storage/overlay-containers/containers.json", podmanFile,
			Place{Container: &sock.Container{Runtime: "podman", ID: id}, User: "1000"},
			sock.Container{Runtime: "podman", ID: id, Name: "db", Image: "docker.io/library/postgres:16"},
		},
		"podman without metadata": {
			"var/lib/containers/storage/vfs-containers/containers.json", podmanFile,
			Place{Container: &sock.Container{Runtime: "podman", ID: id2}},
			sock.Container{Runtime: "podman", ID: id2, Name: "bare"},
		},
		"a name that is a way": {
			"run/containerd/io.containerd.runtime.v2.task/x", "",
			Place{Container: &sock.Container{Runtime: "containerd", ID: "..", Namespace: "default"}},
			sock.Container{Runtime: "containerd", ID: "..", Namespace: "default"},
		},
		"nothing": {"none", "", Place{Container: &sock.Container{ID: id}}, sock.Container{ID: id}},
	} {
		root := t.TempDir()
		write(t, root, test.file, test.text)
		n := Namer{Root: root, Home: func(uid string) string { return "/home/alice" }}
		for range 2 {
			if got := n.Complete(test.place); *got != test.want {
				t.Errorf("%s:\n %+v, want\n %+v", name, *got, test.want)
			}
		}
	}
	if c := new(Namer).Complete(Place{}); c != nil {
		t.Errorf("no container is %+v", c)
	}
}

// TestPatience: a file that does not answer costs the name, and no more time than is
// meant for it.
func TestPatience(t *testing.T) {
	root := t.TempDir()
	write(t, root, "var/lib/docker/containers/"+id2+"/config.v2.json", dockerFile)
	silent := make(chan struct{})
	n := Namer{Root: root, Home: func(string) string { <-silent; return "" }}
	if c := n.Complete(Place{Container: &sock.Container{Runtime: "docker", ID: id}, User: "1000"}); c.Name != "" {
		t.Errorf("it is %+v", c)
	}
	late := n.late
	if n.Again(); late == nil || n.late == nil {
		t.Error("it is not waited for any more")
	}
	if c := n.Complete(Place{Container: &sock.Container{Runtime: "docker", ID: id2}}); c.Name != "" {
		t.Errorf("after the time is over: %+v", c)
	}
	close(silent)
	for n.late != nil { // until it has ended
		n.Again()
	}
	write(t, root, "var/lib/docker/containers/"+id3+"/config.v2.json", strings.ReplaceAll(dockerFile, id, id3))
	if c := n.Complete(Place{Container: &sock.Container{Runtime: "docker", ID: id3}}); c.Name != "web" {
		t.Errorf("after its end: %+v", c)
	}
}

// TestPatienceIsForTheFiles: what passes between two look-ups is not their time.
func TestPatienceIsForTheFiles(t *testing.T) {
	root := t.TempDir()
	n := Namer{Root: root}
	for i, each := range []string{id, id3} {
		if i > 0 {
			time.Sleep(patience)
		}
		write(t, root, "var/lib/docker/containers/"+each+"/config.v2.json", strings.ReplaceAll(dockerFile, id, each))
		if c := n.Complete(Place{Container: &sock.Container{Runtime: "docker", ID: each}}); c.Name != "web" {
			t.Errorf("%s: %+v", each, c)
		}
	}
}

// TestLongFile: what is too long is not read to its end, whatever its length is said to be.
func TestLongFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long")
	for size, want := range map[int64]int{maxFile: maxFile, maxFile + 1: 0} {
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, size)); err != nil {
			t.Fatal(err)
		}
		if data := read(path); len(data) != want {
			t.Errorf("of %d bytes %d were read", size, len(data))
		}
	}
	const unsaid = "/proc/kallsyms" // of 0 bytes, it says
	if whole, err := os.ReadFile(unsaid); err != nil || len(whole) <= maxFile {
		t.Logf("%s has %d bytes here: %v", unsaid, len(whole), err)
	} else if data := read(unsaid); data != nil {
		t.Errorf("%d bytes of %s were read", len(data), unsaid)
	}
}

func FuzzFiles(f *testing.F) {
	for _, text := range []string{dockerFile, criFile, crioFile, podmanFile, "null", "[]", `[{"metadata":"{"}]`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := sock.Container{ID: id}
		parseDocker([]byte(text), &c)
		parseBundle([]byte(text), &c)
		parsePodman([]byte(text)).complete(&c)
		if c.ID != id {
			t.Errorf("%q changes the ID", text)
		}
	})
}
