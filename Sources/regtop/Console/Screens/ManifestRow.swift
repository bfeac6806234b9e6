import AdminCore

/// A part of an image: the manifest itself, its configuration, a layer, a manifest of an index, a signature.
nonisolated struct ManifestRow: Sendable, Identifiable {
    enum Part: Hashable, Sendable {
        case manifest
        case configuration
        case layer
        case child
        case signature
    }

    /// Its place in the list; a digest may occur more than once.
    let id: Int
    let part: Part
    /// What it is called: `layer 3`, `linux/arm64`.
    let name: String
    let digest: Digest?
    let size: UInt64?
    let mediaType: String?
    let state: String?

    /// Everything an image consists of, the manifest first.
    static func rows(_ image: ImageDetail) -> [ManifestRow] {
        var rows: [ManifestRow] = []
        func add(
            _ part: Part, _ name: String, _ digest: Digest?, _ size: UInt64?, _ mediaType: String?, _ state: String?
        ) {
            rows.append(
                ManifestRow(
                    id: rows.count, part: part, name: name, digest: digest, size: size, mediaType: mediaType,
                    state: state))
        }
        add(.manifest, "manifest", image.digest, nil, image.mediaType, image.state.rawValue)
        if let config = image.config {
            add(.configuration, "config", config.digest, config.size, config.mediaType, config.state.rawValue)
        }
        for (number, layer) in image.layers.enumerated() {
            add(.layer, "layer \(number + 1)", layer.digest, layer.size, layer.mediaType, layer.state.rawValue)
        }
        for child in image.manifests {
            add(
                .child, child.platform ?? "manifest", child.digest, child.size, child.mediaType, child.state.rawValue)
        }
        for digest in image.signatures { add(.signature, "signature", digest, nil, nil, nil) }
        return rows
    }

    static func columns(_ scale: Scale) -> [Column<ManifestRow>] {
        [
            Column(id: "part", title: "PART", minimum: 10, ideal: 14, isSearched: true, order: .text { $0.name }) {
                row, _ in Line(row.name)
            },
            Column(id: "digest", title: "DIGEST", minimum: 15, ideal: 71, priority: 3, isSearched: true) { row, width in
                Cells.digest(row.digest, width)
            },
            Column(
                id: "size", title: "SIZE", alignment: .right, minimum: 9, ideal: 9, priority: 1,
                order: .number { Cells.order($0.size) }, startsDescending: true
            ) { row, _ in Cells.size(row.size) },
            Column(id: "bar", title: "", minimum: 8, ideal: 12, priority: 6) { row, width in
                scale.bar(row.size ?? 0, unique: nil, columns: width)
            },
            Column(
                id: "state", title: "STATE", minimum: 8, ideal: 8, isSearched: true, order: .text { $0.state ?? "" }
            ) { row, _ in row.state.map(Cells.state) ?? Cells.unknown },
            Column(id: "type", title: "MEDIA TYPE", trimming: .middle, minimum: 20, ideal: 64, priority: 5) { row, _ in
                row.mediaType.map { Line($0, .dim) } ?? Cells.unknown
            },
        ]
    }
}
