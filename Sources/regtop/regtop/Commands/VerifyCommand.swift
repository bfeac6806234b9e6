import AdminCore
import Presentation
import SafeText
import ArgumentParser

/// `regtop verify [REF…]`
struct VerifyCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read images in full and compare every blob with its digest.",
        discussion: """
            verify checks that every blob of the references exists, is linked in the repository, and has the content of \
            its digest. It reads each distinct blob once, several at a time. Without a reference it checks every \
            repository.

            STATE is missing; unlinked: the blob exists, but the repository may not serve it; or damaged: it has not the \
            content that was pushed. If no byte is lost, as after a resumed upload, the problem says so and `regtop fsck \
            --repair` repairs it.

            JSON: {manifests, blobs, bytes, complete, state, findings:[{repository, tag, digest, state, problem}]}; state \
            is ok or damaged; tag is null if the reference was a repository or a manifest.

            EXAMPLES:
              regtop verify app/web:1.0
              regtop verify app/web library/alpine
              regtop verify -f json | jq -r '.findings[].digest' | sort -u

            Exit status: 0 no damage; 4 damage; 1 incomplete; 130 cancelled.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(
        help: ArgumentHelp("repo, repo:tag or repo@sha256:…. (default: all repositories)", valueName: "ref"),
        completion: .values(.reference),
        transform: ArgumentText.given)
    var references: [GivenReference] = []

    func run(in context: CommandContext) async throws {
        try context.requireData(for: "verify")
        let registry = context.session.registry
        let verifier = Verifier(registry: registry)
        let began = ContinuousClock.now
        let handler = context.progress.handler
        let result: Verification
        if let one = references.first, references.count == 1 {
            result = try await Missing.named(one, in: context.session) {
                try await verifier.verify([$0], progress: handler)
            }
        } else {
            let all =
                references.isEmpty
                ? try await registry.repositoryNames().compactMap { ImageReference($0) }
                : try await Missing.references(references, in: context.session)
            result = try await verifier.verify(all, progress: handler)
        }
        if !result.isSound, result.isComplete { try await context.warnOfChunkSize() }
        let (found, format) = (result, format.format)
        let elapsed = ContinuousClock.now - began
        // A cancelled task prints its results as well, but its writes would fail.
        try await Task {
            try await context.print(format, json: found.json, plain: VerifyText.plain(found, after: elapsed))
        }.value
        guard found.isComplete else { throw CancellationError() }
        guard found.isSound else { throw CommandFailure("", status: ExitStatus.damaged) }
    }
}

/// The result of a verification as text.
nonisolated enum VerifyText {
    static func plain(_ found: Verification, after elapsed: Duration) -> String {
        var facts = FactLines()
        facts.add("manifests", HumanText.count(found.manifests))
        facts.add("blobs", "\(HumanText.count(found.blobs)), \(HumanText.bytes(found.bytes)) read")
        facts.add("throughput", TaskProgress(done: found.bytes, unit: TaskProgress.bytes).rate(after: elapsed))
        facts.add("state", found.word)
        if !found.isComplete { facts.add("incomplete", "stopped early") }
        guard !found.findings.isEmpty else { return facts.text }
        let lines = found.findings.map { finding in
            let place = finding.repository.map { name in finding.tag.map { "\(name):\($0)  " } ?? "\(name)  " } ?? ""
            return VisibleText.of("\(finding.state.rawValue)  \(place)\(finding.problem)") + "\n"
        }
        return facts.text + "\n" + lines.joined()
    }
}

extension Verification {
    /// The result in one word.
    nonisolated var word: String { isSound ? "ok" : "damaged" }

    nonisolated var json: JSONValue {
        [
            "manifests": .count(manifests), "blobs": .count(blobs), "bytes": .unsigned(bytes),
            "complete": .bool(isComplete), "state": .string(word), "findings": .array(findings.map(\.json)),
        ]
    }
}

extension Verification.Finding {
    nonisolated var json: JSONValue {
        [
            "repository": .text(repository), "tag": .text(tag), "digest": .text(digest),
            "state": .string(state.rawValue), "problem": .string(problem),
        ]
    }
}
