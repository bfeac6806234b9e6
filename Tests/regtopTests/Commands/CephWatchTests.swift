#if RADOS
import Foundation
import Subprocess
import Synchronization
import Testing

@testable import AdminCore
@testable import Changes
@testable import ObjectStore
@testable import Registry
@testable import StorageDriver

/// `regtop gc --watch` on a real cluster, from its first line of output to its last.
extension CephCommandTests {
    /// A line of the output of `gc --watch`.
    private struct Line: Decodable {
        struct Item: Decodable {
            let path: String
        }
        let time: String
        let event: String
        let restored: [Item]?
    }

    @Test func theServiceRestoresContentThatAPushNeeds() async throws {
        let place = try TemporaryPlace()
        let cluster = try await CephCluster.shared.value
        try await cluster.withPool("watched", in: place) {
            var rados = RadosOptions()
            rados.configuration = cluster.conf
            rados.pool = "watched"
            let session = try await Session.open(SessionOptions(rados: rados))
            let admin = try #require(session.admin)
            let paths = session.registry.paths
            let name = try #require(RepositoryName("app"))
            let layer = Array("a layer".utf8)
            let manifest = Array(
                """
                {"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",\
                "config":{"mediaType":"a/b","size":7,"digest":"\(Digest.sha256(of: layer))"},"layers":[]}
                """.utf8)
            let digest = Digest.sha256(of: manifest)
            for content in [layer, manifest] {
                try await admin.driver.putContent(paths.blob(.sha256(of: content)), content)
            }
            try await admin.driver.putContent(
                paths.layerLink(name, .sha256(of: layer)), Array(Digest.sha256(of: layer).string.utf8))
            let taking = try await admin.collection(CollectionOptions(grace: 0, maxShare: 100, pause: 0))
            #expect(await admin.apply(taking).allSatisfy { $0.outcome == .done })
            #expect(taking.items(.quarantine).count == 2)
            let (lines, run) = try await watch(["-c", cluster.conf, "-p", "watched"], in: place) { line in
                switch line.event {
                case "started":
                    let link = paths.revision(name, digest).appending(.literal("link"))
                    try await admin.driver.putContent(link, Array(digest.string.utf8))
                    return false
                default: return true
                }
            }
            #expect(run.status == 0 && run.error.isEmpty, "\(run.error)")
            #expect(lines.map(\.event) == ["started", "restored", "stopped"])
            #expect(lines.allSatisfy { $0.time.hasSuffix("Z") })
            let back = [digest, .sha256(of: layer)].map { paths.blob($0).string }
            #expect(lines.compactMap(\.restored).joined().map(\.path).sorted() == back.sorted())
            #expect(try await session.storage.content(paths.blob(digest)) == manifest)
            await session.close()
        }
    }

    /// Runs `gc --watch` until `isEnough` is true of a line, then ends it as systemd does.
    private func watch(
        _ words: [String], in place: TemporaryPlace, until isEnough: (Line) async throws -> Bool
    ) async throws -> ([Line], ProgramRun) {
        let words = [RegtopProgram.path, "gc", "--watch", "--every", "1s", "--yes", "-f", "json"] + words
        let result = try await Subprocess.run(
            .name("env"), arguments: Arguments(RegtopProgram.environment(place) + words), input: .none,
            output: .sequence, error: .string(limit: 1 << 20)
        ) { execution in
            var (lines, rest): ([Line], [UInt8]) = ([], [])
            for try await piece in execution.standardOutput {
                rest += piece.withUnsafeBytes { Array($0) }
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    let line = try JSONDecoder().decode(Line.self, from: Data(rest[..<end]))
                    rest.removeSubrange(...end)
                    lines.append(line)
                    if line.event != "stopped", try await isEnough(line) { try execution.send(signal: .terminate) }
                }
            }
            return lines
        }
        return (
            result.closureResult,
            ProgramRun(status: result.terminationStatus.code, output: [], error: result.standardError)
        )
    }
}
#endif
