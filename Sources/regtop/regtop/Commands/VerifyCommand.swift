import AdminCore
import ArgumentParser

/// `regtop verify [REF…]`
struct VerifyCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read images in full and compare every blob with its digest.",
        discussion: """
            Every blob that the references need must be there, linked in the repository, and of the content \
            that its digest says. Each distinct blob is read once, several at a time. Without a reference everything is checked: every \
            repository.

            STATE is missing; unlinked: the blob is there, but the repository may not serve it; damaged: it is not what was pushed. \
            Where no byte is lost, as after an upload that was resumed, the problem says so, and `regtop fsck --repair` mends it.

            JSON: {manifests, blobs, bytes, complete, state, findings:[{repository, tag, digest, state, problem}]}; state is ok or \
            damaged; tag is null where a whole repository or a manifest was asked for.

            EXAMPLES:
              regtop verify app/web:1.0
              regtop verify app/web library/alpine
              regtop verify -f json | jq -r '.findings[].digest' | sort -u

            Exit status: 0 all is right; 4 damage was found; 1 it could not be finished; 130 cancelled.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(
        help: ArgumentHelp("repo, repo:tag or repo@sha256:…; all repositories if there is none.", valueName: "ref"),
        transform: ArgumentText.given)
    var references: [GivenReference] = []

    func run(in context: CommandContext) async throws {
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
        // What is known has to be said also by a cancelled task, whose writes would give up.
        try await Task {
            try await context.print(format, json: found.json, plain: VerifyText.plain(found, after: elapsed))
        }.value
        guard found.isComplete else { throw CancellationError() }
        guard found.isSound else { throw CommandFailure("", status: ExitStatus.damaged) }
    }
}
