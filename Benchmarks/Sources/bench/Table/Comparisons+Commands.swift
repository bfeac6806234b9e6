import AdminCore
import Foundation

/// The commands of the program regtop, each a process of its own that connects to the cluster.
struct CommandComparisons: Sendable {
    let harness: Harness
    /// The path of the program.
    let regtop: String

    private var limit: Limit { harness.limit }

    /// The command on the harness' pool. Its output must have `text` so many times.
    private func command(_ words: [String], shows text: String, times: Int = 1) -> Comparison.Work {
        let words = [regtop] + words + ["-f", "json", "--pool", harness.store.poolName]
        return { _ in
            let process = try await ChildProcess.run(words)
            guard process.output.components(separatedBy: text).count == times + 1 else {
                throw WrongContent(what: "\(words.joined(separator: " ")): \(process.output.prefix(500))")
            }
            return process.cost
        }
    }

    private static func work(_ body: @escaping @Sendable () async throws -> Void) -> Comparison.Work {
        { _ in try await cost(body) }
    }

    // MARK: - A whole registry

    /// Fills the pool, which is empty, with a registry, and compares the commands that read all of
    /// it. None of the limits knows more than the names of the objects.
    func ofARegistry(_ registry: GeneratedRegistry) async throws -> [Comparison] {
        let objects = try registry.objects(of: 0..<registry.repositories)
        try await limit.write(PackedObjects(objects), depth: 128)
        let (limit, count) = (limit, objects.count)
        let head = 4096
        let listed = try registry.names(of: \.isReadByListing)
        let marked = try registry.names(of: \.isReadByMark)
        return [
            Comparison(
                name: "`repos`",
                limits: [("", Self.work { try await limit.read(listed, data: head, depth: 128) })],
                regtop: command(["repos"], shows: #""state":"ok""#, times: registry.repositories)
            ).goal(1.3, operations: 18_000, microseconds: 60),
            Comparison(
                name: "`du`",
                limits: [("", Self.work { try await limit.survey(data: 0, depth: 128, expecting: count) })],
                regtop: command(["du"], shows: #""complete":true"#)
            ).goal(1.3),
            Comparison(
                name: "`gc --dry-run`",
                limits: [
                    (
                        "",
                        Self.work {
                            try await limit.enumerate(expecting: count)
                            try await limit.read(marked, data: head, depth: 128)
                        }
                    )
                ],
                regtop: command(["gc", "--dry-run"], shows: #""quarantined":[]"#)
            ).goal(1.5),
            Comparison(
                name: "`fsck`",
                limits: [("", Self.work { try await limit.survey(data: head, depth: 128, expecting: count) })],
                regtop: command(["fsck"], shows: #""problems":[]"#)
            ).goal(1.3),
        ]
    }

    // MARK: - An export

    /// Fills the pool with a registry of large layers, and compares its export to a directory with
    /// a raw program that copies the same objects to files, with Ceph's own export, and with skopeo
    /// through the old registry, if its program is given.
    func exports(size: Int, in directory: String, oldRegistry: String?) async throws -> [Comparison] {
        let layerSize = 4 << 20
        let count = size / layerSize
        let repositories = max(1, count / 16)
        let registry = GeneratedRegistry(
            repositories: repositories, blobs: count + 2 + 2 * repositories, images: 1, layerSize: layerSize)
        _ = try await limit.write(registry, 0..<repositories, step: 1)
        let names = PackedNames(
            try (0..<repositories).flatMap { repository in
                try registry.objects(of: repository..<repository + 1).map(\.name).filter { ObjectKind($0) == .blob }
            })
        let (limit, files) = (limit, ExportDirectory(path: directory))
        let program = [regtop, "export", "--to", "registry:\(files.target)", "--pool", harness.store.poolName]
        let words = program + registry.repositoryNames
        let pull = oldRegistry.map { program in
            ["bash", "-c", Self.pulling, "pull", program, harness.store.poolName, files.target]
                + registry.repositoryNames
        }
        let archive = ["rados", "-p", harness.store.poolName, "export", files.target]
        let title = "`export` of \(size >> 20) MiB in \(Report.count(count)) layers"
        let export: Comparison.Work = { _ in try await ChildProcess.run(words).cost }
        let clear: @Sendable (Turn) async throws -> Void = { try await files.clear(after: $0) }
        return [
            Comparison(
                name: title, rounds: 3,
                limits: [
                    (
                        "",
                        Self.work {
                            try files.make()
                            try await limit.copy(names, size: layerSize, to: files.target, threads: 8)
                        }
                    )
                ],
                regtop: export, clear: clear
            ).goal(1.25, memory: 200 << 20),
            Comparison(
                name: "… where the limit is `rados export` to a file", rounds: 3,
                limits: [("", { _ in try await ChildProcess.run(archive).cost })], regtop: export, clear: clear),
        ]
            + (pull.map { pull in
                [
                    Comparison(
                        name: "… where the limit is `skopeo sync` through the old registry, eight at once", rounds: 1,
                        limits: [("", { _ in try await ChildProcess.run(pull).cost })], regtop: export, clear: clear)
                ]
            } ?? [])
    }

    /// Starts the registry on the pool, copies the repositories to directories, and ends it. The
    /// arguments: the program of the registry, the pool, the directory, the repositories.
    private static let pulling = #"""
        set -eu
        program=$1 pool=$2 target=$3
        shift 3
        mkdir -p "$target"
        address=127.0.0.1:5077
        echo "{version: 0.1, log: {level: error}, storage: {rados: {poolname: $pool}}, http: {addr: '$address'}}" \
            >"$target/registry.yml"
        "$program" "$target/registry.yml" >/dev/null 2>&1 &
        trap 'kill $!; wait $! || true' EXIT
        until (: >"/dev/tcp/127.0.0.1/5077") 2>/dev/null; do kill -0 $!; sleep 0.05; done
        printf '%s\n' "$@" | xargs -P 8 -I{} skopeo sync --scoped --all --src docker --dest dir \
            --src-tls-verify=false "$address/{}" "$target"
        """#

    // MARK: - A large image

    /// Writes an image with one layer of `size` bytes, and compares its verification with reading
    /// and with hashing.
    func verification(size: Int) async throws -> Comparison {
        let turn = Turn(series: UInt32.random(in: 1 << 16..<1 << 31))
        let layer = [UInt8](repeating: UInt8(truncatingIfNeeded: turn.series), count: size)
        let digest = Digest.sha256(of: layer)
        let image = try await makeImage(layer, turn)
        let limit = limit
        let place = RegistryPaths().blob(digest)
        return Comparison(
            name: "`verify` an image of \(size >> 20) MiB",
            limits: [
                (
                    "reading",
                    Self.work {
                        try await limit.getLarge(
                            place.parent.string, name: place.name, size: size, depth: LargeFile.depth)
                    }
                ),
                (
                    "hashing",
                    Self.work {
                        guard Digest.sha256(of: layer) == digest else { throw WrongContent(what: "a digest") }
                    }
                ),
            ],
            regtop: command(["verify", "\(image)"], shows: #""state":"ok""#)
        ).goal(1.1)
    }

    private func makeImage(_ layer: [UInt8], _ turn: Turn) async throws -> String {
        let image = "verify/t\(turn.series)"
        guard let name = RepositoryName(image) else { throw WrongContent(what: "a name") }
        let store = harness.store
        let storage = StorageDriver(
            reader: StorageReader(objects: store.reader), writer: store.writer,
            policy: JournalPolicy(delay: 0, clock: .system))
        let paths = RegistryPaths()
        func put(_ content: [UInt8]) async throws -> ManifestText.Blob {
            let blob = ManifestText.Blob(content)
            try await storage.putContent(paths.blob(blob.digest), content)
            return blob
        }
        func link(_ digest: Digest, _ directory: StoragePath) async throws {
            try await storage.putContent(try directory.appending("link"), Array(digest.string.utf8))
        }
        let blobs = [try await put(Array(#"{"architecture":"amd64","os":"linux"}"#.utf8)), try await put(layer)]
        for blob in blobs {
            try await storage.putContent(paths.layerLink(name, blob.digest), Array(blob.digest.string.utf8))
        }
        let manifest = try await put(ManifestText.schema2(config: blobs[0], layers: [blobs[1]]))
        try await link(manifest.digest, paths.revision(name, manifest.digest))
        try await link(manifest.digest, try paths.tags(name).appending("v1").appending("current"))
        return "\(image):v1"
    }
}
