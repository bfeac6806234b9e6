import AdminCore

/// How one image is run, and every step that made it; of what is too long for people, its beginning.
final class RecipeScreen: Screen {
    let title: TitleBar
    private let words: [String]
    private let view: TextView

    /// - Parameters:
    ///   - name: the image's.
    ///   - words: what prints it, for `y`.
    init(_ name: String, _ recipe: ImageRecipe, layers: [ImageDetail.Blob], words: [String]) {
        title = TitleBar(
            title: "Config \(name)", details: [Line(HumanText.count(recipe.steps.count, "step"), .dim)])
        self.words = words
        var made: (columns: Int, lines: [Line])?
        view = TextView { columns in
            if let made, made.columns == columns { return made.lines }
            let lines = Self.page(recipe, layers, columns: columns)
            made = (columns, lines)
            return lines
        }
    }

    var commands: [Command] { view.commands }
    var twin: [String]? { words }

    func lines(_ size: Size) -> [Line] { view.lines(size) }

    /// No more environment, labels or steps than this are shown.
    private static let limit = 1000

    private static func page(_ recipe: ImageRecipe, _ layers: [ImageDetail.Blob], columns: Int) -> [Line] {
        var lines: [Line] = []
        for (name, values) in recipe.facts {
            for (number, value) in values.prefix(limit).enumerated() {
                lines += entry(Line(number == 0 ? name : "", .dim).fitted(to: 13), value, columns)
            }
        }
        if lines.isEmpty { lines.append(Line("It says nothing of how it is run.", .dim)) }
        lines += [Line(), Line("HISTORY", .columnTitle) + Line("  the oldest first", .dim)]
        if recipe.steps.isEmpty { lines.append(Line("none", .dim)) }
        for (step, layer) in recipe.history(layers: layers.count).prefix(limit) {
            guard let step else { continue }
            let made = layer.map { Line("layer \($0 + 1)  \(HumanText.bytes(layers[$0].size))") } ?? Line("–", .dim)
            let front = Line(step.created.map(HumanText.day) ?? "–", .dim).fitted(to: 12) + made.fitted(to: 21)
            lines += entry(
                columns >= 60 ? front : Line(), step.short + (step.comment.isEmpty ? "" : "  (\(step.comment))"),
                columns)
        }
        if recipe.steps.count > limit { lines.append(Line("…", .dim)) }
        return lines
    }

    /// A text beside its name, broken where it is too long.
    private static func entry(_ front: Line, _ text: String, _ columns: Int) -> [Line] {
        let text = Line(Cells.excerpt(text))
        let room = max(1, columns - front.width)
        let starts = stride(from: 0, to: max(1, text.width), by: room)
        return starts.map { (($0 == 0) ? front : Line.blank(front.width)) + text.slice(from: $0, width: room) }
    }
}
