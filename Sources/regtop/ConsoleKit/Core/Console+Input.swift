extension Console {
    /// Types a key into an input.
    func type(_ key: Key, _ prompt: Prompt, _ editor: LineEditor) {
        var editor = editor
        switch key {
        case .escape:
            overlay = nil
            prompt.cancel()
        case .enter:
            overlay = nil
            let line = prompt.list.chosen?.text ?? editor.string
            if let kind = prompt.history { history.add(line, to: kind) }
            perform(prompt.submit(line))
        case .tab: complete(prompt, editor)
        case .backtab: choose(-1, prompt, editor)
        case .up where recalls(prompt, editor): recall(1, prompt, editor)
        case .down where prompt.recalled != nil: recall(-1, prompt, editor)
        case .up where !prompt.list.candidates.isEmpty: choose(-1, prompt, editor)
        case .down where !prompt.list.candidates.isEmpty: choose(1, prompt, editor)
        case .up, .down, .pageUp, .pageDown:
            if prompt.passesMoves, let name = Self.moves[key] { move(name) }
        default:
            var prompt = prompt
            let before = editor.text
            guard editor.handle(key) else { return }
            if editor.text != before { (prompt.problem, prompt.recalled) = (nil, nil) }
            take(editor, prompt, isChanged: editor.text != before)
        }
    }

    /// Takes the new state of an input.
    private func take(_ editor: LineEditor, _ prompt: Prompt, isChanged: Bool) {
        var prompt = prompt
        if isChanged { prompt.list = prompt.candidates(editor.string) }
        overlay = .prompt(prompt, editor)
        if isChanged { prompt.change(editor.string) }
    }

    /// Puts the chosen candidate into an input, or completes its text as far as it is unambiguous.
    /// If neither adds anything, chooses the first candidate.
    private func complete(_ prompt: Prompt, _ editor: LineEditor) {
        let (list, text) = (prompt.list, editor.string)
        let completed = list.chosen.map { $0.text + ($0.takesArgument ? " " : "") } ?? prompt.complete(text)
        if completed == text, list.chosen == nil { return choose(1, prompt, editor) }
        var (prompt, editor) = (prompt, editor)
        prompt.recalled = nil
        editor.replace(completed)
        take(editor, prompt, isChanged: true)
    }

    /// Moves the choice among the candidates of an input.
    func choose(_ step: Int, _ prompt: Prompt, _ editor: LineEditor) {
        var prompt = prompt
        prompt.list.move(by: step)
        overlay = .prompt(prompt, editor)
    }

    /// True if Up recalls an earlier line: always without candidates, else while the input is empty
    /// and no candidate is chosen, and after an earlier line was recalled.
    func recalls(_ prompt: Prompt, _ editor: LineEditor) -> Bool {
        guard prompt.history != nil else { return false }
        guard prompt.recalled == nil, !prompt.list.candidates.isEmpty else { return true }
        return editor.text.isEmpty && prompt.list.choice == nil
    }

    /// Puts an earlier line into an input, or the text that was typed before.
    ///
    /// - Parameter step: The number of lines to go back.
    private func recall(_ step: Int, _ prompt: Prompt, _ editor: LineEditor) {
        guard let kind = prompt.history else { return }
        var (prompt, editor) = (prompt, editor)
        let draft = prompt.recalled?.draft ?? editor.string
        let back = (prompt.recalled?.back ?? 0) + step
        guard let line = back == 0 ? draft : history.line(back, of: kind) else { return }
        prompt.recalled = back == 0 ? nil : (back, draft)
        prompt.problem = nil
        editor.replace(line)
        take(editor, prompt, isChanged: true)
    }
}
