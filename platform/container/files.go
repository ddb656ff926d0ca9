package container

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"sockeye/sock"
)

// dockerConfig is what config.v2.json of dockerd has of a container.
type dockerConfig struct {
	ID     string
	Name   string // with a slash in front
	Config struct {
		Image  string
		Labels map[string]string
	}
}

func parseDocker(data []byte, c *sock.Container) bool {
	var f dockerConfig
	if json.Unmarshal(data, &f) != nil || f.ID != c.ID {
		return false
	}
	labels := f.Config.Labels // those that the kubelet's dockershim and cri-dockerd give
	c.Name = cmp.Or(labels["io.kubernetes.container.name"], strings.TrimPrefix(f.Name, "/"))
	c.Image = f.Config.Image
	c.Pod = labels["io.kubernetes.pod.name"]
	c.Namespace = labels["io.kubernetes.pod.namespace"]
	c.PodID = cmp.Or(c.PodID, labels["io.kubernetes.pod.uid"])
	return true
}

// docker reads what dockerd, or a rootless one, keeps in its data directory.
func (n *Namer) docker(c *sock.Container, home string) bool {
	dirs := []string{n.path("var/lib/docker"), n.path("var/snap/docker/common/var-lib-docker")}
	if home != "" {
		dirs = append(dirs, n.path(home, ".local/share/docker"))
	}
	for _, dir := range dirs {
		if data := read(filepath.Join(dir, "containers", c.ID, "config.v2.json")); data != nil && parseDocker(data, c) {
			return true
		}
	}
	return false
}

// bundle is what config.json of an OCI bundle has: the annotations.
type bundle struct {
	Annotations map[string]string `json:"annotations"`
}

// parseBundle reads the annotations that containerd's CRI plugin, cri-o and nerdctl
// give to a container.
func parseBundle(data []byte, c *sock.Container) bool {
	var f bundle
	if json.Unmarshal(data, &f) != nil {
		return false
	}
	first := func(names ...string) string {
		for _, name := range names {
			if v := f.Annotations[name]; v != "" {
				return v
			}
		}
		return ""
	}
	c.Name = cmp.Or(c.Name, first("io.kubernetes.cri.container-name", "io.kubernetes.container.name", "nerdctl/name"))
	c.Image = cmp.Or(c.Image, first("io.kubernetes.cri.image-name", "io.kubernetes.cri-o.ImageName", "io.kubernetes.cri-o.Image"))
	c.Pod = cmp.Or(c.Pod, first("io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"))
	c.PodID = cmp.Or(c.PodID, first("io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid"))
	if namespace := first("io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace"); namespace != "" {
		c.Namespace = namespace
	}
	return true
}

// shims are where containerd, and those that others bring along, keep the bundles of
// what runs: a directory for each of its namespaces, with one for each container.
var shims = []string{"run/containerd", "run/k3s/containerd", "run/docker/containerd", "run/docker/containerd/daemon"}

const shimState = "io.containerd.runtime.v2.task"

// containerd finds the bundle of a container. That it exists is told to everybody,
// what is in it to root alone.
func (n *Namer) containerd(c *sock.Container, _ string) bool {
	for _, shim := range shims {
		state := n.path(shim, shimState)
		names := []string{"k8s.io", "default", "moby"}
		if c.Namespace != "" {
			names = []string{c.Namespace}
		}
		if entries, err := os.ReadDir(state); err == nil && c.Namespace == "" {
			names = names[:0]
			for _, e := range entries {
				names = append(names, e.Name())
			}
		}
		for _, name := range names {
			dir := filepath.Join(state, name, c.ID)
			if _, err := os.Stat(dir); err != nil {
				continue
			}
			switch name {
			case "moby": // that of dockerd
				c.Runtime, c.Namespace = "docker", ""
			case "k8s.io": // that of Kubernetes is in the bundle
			default:
				c.Namespace = name
			}
			if data := read(filepath.Join(dir, "config.json")); data != nil {
				parseBundle(data, c)
			}
			return true
		}
	}
	return false
}

// crio reads the bundle that cri-o keeps in the storage that it shares with podman.
func (n *Namer) crio(c *sock.Container, _ string) bool {
	for _, storage := range []string{"run/containers/storage", "var/lib/containers/storage"} {
		data := read(n.path(storage, "overlay-containers", c.ID, "userdata/config.json"))
		if data != nil && strings.Contains(string(data), "io.kubernetes.") && parseBundle(data, c) {
			return true
		}
	}
	return false
}

// podmanStore is containers.json of containers/storage, by the IDs.
type podmanStore map[string]podmanContainer

type podmanContainer struct {
	ID       string   `json:"id"`
	Names    []string `json:"names"`
	Metadata string   `json:"metadata"` // JSON in itself
}

func parsePodman(data []byte) podmanStore {
	var list []podmanContainer
	if json.Unmarshal(data, &list) != nil {
		return nil
	}
	store := podmanStore{}
	for _, c := range list {
		store[c.ID] = c
	}
	return store
}

func (s podmanStore) complete(c *sock.Container) bool {
	found, ok := s[c.ID]
	if !ok {
		return false
	}
	var m struct {
		Name  string `json:"name"`
		Image string `json:"image-name"`
	}
	if json.Unmarshal([]byte(found.Metadata), &m) != nil {
		m.Name, m.Image = "", "" // the names are beside it
	}
	c.Name, c.Image = m.Name, m.Image
	if c.Name == "" && len(found.Names) > 0 {
		c.Name = found.Names[0]
	}
	return true
}

// podmanFiles reads the list of containers that podman keeps for root, or for the
// user below whose slice the container is.
func (n *Namer) podmanFiles(c *sock.Container, home string) bool {
	dirs := []string{n.path("var/lib/containers/storage")}
	if home != "" {
		dirs = append(dirs, n.path(home, ".local/share/containers/storage"))
	}
	for _, dir := range dirs {
		for _, driver := range []string{"overlay", "vfs", "btrfs", "zfs"} {
			file := filepath.Join(dir, driver+"-containers", "containers.json")
			store, asked := n.podman[file]
			if !asked {
				store = parsePodman(read(file))
				n.podman[file] = store
			}
			if store.complete(c) {
				return true
			}
		}
	}
	return false
}
