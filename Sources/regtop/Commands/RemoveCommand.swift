import AdminCore
import ArgumentParser

/// `regtop rm REF…`
struct RemoveCommand: StoreCommand, ChangingCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Delete repositories, tags or manifests.",
        discussion: """
            repo deletes the repository: its manifests, layer links and uploads, and never a repository below it (rm a leaves a/x alone). \
            repo:tag deletes that tag only; other tags of the same manifest stay. repo@sha256:… deletes the manifest and \
            every tag that names it; the first four digits or more suffice if no other manifest of the repository begins so.

            Only references go, into the trash: `regtop trash restore` brings them back until the trash is emptied. What they \
            reach stays where it is, below blobs/, so space is not freed by this but made reclaimable. --now skips the trash: the links are \
            dropped at once and cannot be restored; on a full pool nothing else works.

            Instead of naming them: --where FILTER deletes the repositories that a filter lets through; with --tags-of REPO, the \
            tags of that repository; --keep N keeps its newest N tags, by when their links were last written, and what has no date. Every \
            row that was looked at is listed, with why it goes or stays, and with the tags that stay on the same manifest.

            A filter is words and comparisons: age>180d, size>1G, unique>500M, tags=0, modified>2015-01-01, created, name~^team/ \
            (a regular expression), state=damaged, platform~arm; = != < <= > >= ~ !~; not, and, or, parentheses. Two beside each \
            other mean both. A plain word is looked for in the row, whatever its case. What is not known fulfils nothing.

            What would happen is shown first, then you are asked. Without a terminal --yes is needed.

            JSON: {targets, impact:{bytes, objects, reclaimable, tags, siblingTags, orphanedChildren, brokenIndexes, sharedBlobs, sharedBytes, \
            revisions, \
            layers, uploads, notes}, applied, \
            results:[{target, outcome, error}], selection:[{target, goes, reason, sharedWith}]}, the last where targets were chosen; outcome \
            is done, failed, unknown or skipped.

            EXAMPLES:
              regtop rm --dry-run stale/old-service
              regtop rm app/web:0.9 app/web:0.8 --yes
              regtop rm --where 'age>1y and tags<3' --dry-run
              regtop rm --tags-of app/web --keep 10 --where 'age>90d not name~^v[0-9]'
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var registries: OfflineOptions

    @Flag(help: "Skip the trash: what goes cannot be restored.")
    var now = false

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp("Delete what a filter lets through.", valueName: "filter"), transform: ArgumentText.filter)
    var filter: Filter?

    @Option(
        help: ArgumentHelp("Choose among the tags of a repository.", valueName: "repo"),
        transform: ArgumentText.repository)
    var tagsOf: RepositoryName?

    @Option(help: ArgumentHelp("With --tags-of: keep the newest tags.", valueName: "n"))
    var keep: Int?

    @Argument(
        help: ArgumentHelp("repo, repo:tag or repo@sha256:…", valueName: "ref"), transform: ArgumentText.given)
    var references: [GivenReference] = []

    /// Refuses what does not go together, and what would take everything because nothing was said.
    func validate() throws {
        if let keep, keep < 0 { throw ValidationError("--keep takes a number of tags, not \(keep)") }
        if keep != nil, tagsOf == nil {
            throw ValidationError("--keep keeps tags: say of which repository with --tags-of")
        }
        let isChosen = filter != nil || tagsOf != nil
        if isChosen, !references.isEmpty {
            throw ValidationError("either name what is to be deleted, or choose it with --where; not both")
        }
        if !isChosen, references.isEmpty {
            throw ValidationError("name what is to be deleted, or choose it with --where FILTER")
        }
        if filter?.isEmpty == true {
            throw ValidationError("an empty --where would delete everything; name it instead")
        }
        if tagsOf != nil, filter == nil, keep == nil {
            throw ValidationError("--tags-of wants --where FILTER, or --keep N, or both")
        }
    }

    func run(in context: CommandContext) async throws {
        let proposal = self.proposal(in: context)
        let planner = context.session.planner
        guard references.isEmpty else {
            return try await proposal.run { progress in
                let references = try await Missing.references(references, in: context.session)
                return try await planner.removal(of: references, skippingTrash: now, progress: progress)
            }
        }
        try await proposal.run { progress in
            let selection = try await select(planner, progress, in: context.session)
            let plan = try await planner.removal(of: selection.references, skippingTrash: now, progress: progress)
            return SelectedRemoval(selection: selection, plan: plan)
        }
    }

    private func select(
        _ planner: ChangePlanner, _ progress: @escaping ProgressHandler, in session: Session
    ) async throws -> Selection {
        guard let tagsOf else {
            return try await planner.selection(ofRepositories: filter ?? Filter(), progress: progress)
        }
        return try await Missing.named(tagsOf, in: session) {
            try await planner.selection(ofTagsOf: tagsOf, filter ?? Filter(), keep: keep)
        }
    }
}
