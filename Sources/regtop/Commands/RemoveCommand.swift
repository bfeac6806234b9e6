import AdminCore
import ArgumentParser

/// `regtop rm REF…`
struct RemoveCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Delete repositories, tags or manifests.",
        discussion: """
            repo deletes the repository: its manifests, layer links and uploads, and never a repository below it (rm a leaves a/x alone). \
            repo:tag deletes that tag only; other tags of the same manifest stay. repo@sha256:… deletes the manifest and \
            every tag that names it.

            Only references go, into the trash: `regtop trash restore` brings them back until the trash is emptied. What they \
            reach stays where it is, below blobs/, so space is not freed by this but made reclaimable. --now skips the trash: the links are \
            dropped at once and cannot be restored; on a full pool nothing else works.

            What would happen is shown first, then you are asked. Without a terminal --yes is needed.

            JSON: {targets, impact:{bytes, objects, reclaimable, tags, siblingTags, orphanedChildren, sharedBlobs, sharedBytes, revisions, \
            layers, uploads, notes}, applied, \
            results:[{target, outcome, error}]}; outcome is done, failed, unknown or skipped.

            EXAMPLES:
              regtop rm --dry-run stale/old-service
              regtop rm app/web:0.9 app/web:0.8 --yes
              regtop repos | awk '$NF == "untagged" {print $1}' |
                xargs regtop rm --yes
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var registries: OfflineOptions

    var sessionOptions: SessionOptions { store.session(registries) }

    @Flag(help: "Skip the trash: what goes cannot be restored.")
    var now = false

    @Argument(
        help: ArgumentHelp("repo, repo:tag or repo@sha256:…", valueName: "ref"), transform: ArgumentText.reference)
    var references: [ImageReference]

    func prepare(_ streams: StandardStreams) throws {
        try change.prepare(isReadOnly: store.readOnly, streams)
    }

    func run(in context: CommandContext) async throws {
        let proposal = ChangeProposal(context: context, options: change, format: format.format)
        try await proposal.run { progress in
            try await context.session.planner.removal(of: references, skippingTrash: now, progress: progress)
        }
    }
}
