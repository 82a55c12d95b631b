using Spectre.Console;

namespace Recs.Cli.Output;

/// <summary>
/// Where results and messages go: results to standard output, everything about the way there to standard error.
/// Colour only on terminals, and not under NO_COLOR.
/// </summary>
internal sealed class Terminal
{
    /// <summary>Columns of a table that goes to a file or a pipe.</summary>
    private const int PlainWidth = 160;

    public Terminal(TextWriter output, TextWriter error, bool outputIsTerminal, bool errorIsTerminal, bool colour)
    {
        (Output, ErrorOutput, ErrorIsTerminal) = (output, error, errorIsTerminal);
        Console = Make(output, outputIsTerminal, colour);
        ErrorConsole = Make(error, errorIsTerminal, colour);
    }

    public static Terminal ForThisProcess() => new(
        System.Console.Out, System.Console.Error, !System.Console.IsOutputRedirected, !System.Console.IsErrorRedirected,
        string.IsNullOrEmpty(System.Environment.GetEnvironmentVariable("NO_COLOR")));

    public TextWriter Output { get; }

    public TextWriter ErrorOutput { get; }

    public bool ErrorIsTerminal { get; }

    /// <summary>For results.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>For progress and messages.</summary>
    public IAnsiConsole ErrorConsole { get; }

    /// <summary>True when a person can be asked.</summary>
    public bool CanAsk => ErrorIsTerminal && !System.Console.IsInputRedirected;

    public void Problem(string message) => ErrorConsole.MarkupLine($"[red]recs:[/] {Markup.Escape(Printable(message))}");

    public void Note(string message) => ErrorConsole.MarkupLine($"[grey]{Markup.Escape(Printable(message))}[/]");

    public bool Confirm(string question) => ErrorConsole.Prompt(new ConfirmationPrompt(Markup.Escape(question)) { DefaultValue = false });

    /// <summary>Text from outside with what could steer a terminal made visible.</summary>
    public static string Printable(string text) =>
        text.Any(c => char.IsControl(c) && c != '\n') ? string.Concat(text.Select(c => char.IsControl(c) && c != '\n' ? '\uFFFD' : c)) : text;

    /// <summary>The same as markup that shows the text as it is.</summary>
    public static string Escape(string text) => Markup.Escape(Printable(text));

    private static IAnsiConsole Make(TextWriter writer, bool terminal, bool colour)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = terminal && colour ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = terminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!terminal)
            console.Profile.Width = PlainWidth;
        return console;
    }
}
