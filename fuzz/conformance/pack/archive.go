package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"

	"github.com/beamgate/beamgate/fuzz/corpus"
)

// archive makes the tarball: everything in one folder, no times, no owners.
func archive(entries []entry) ([]byte, error) {
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	t := tar.NewWriter(zip)
	for _, e := range entries {
		h := &tar.Header{
			Typeflag: tar.TypeReg, Name: "beamgate-corpus-" + corpus.Version + "/" + e.name,
			Size: int64(len(e.data)), Mode: 0o644, Format: tar.FormatUSTAR,
		}
		if e.exec {
			h.Mode = 0o755
		}
		if err := t.WriteHeader(h); err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, err)
		}
		if _, err := t.Write(e.data); err != nil {
			return nil, err
		}
	}
	if err := t.Close(); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
