using System.CommandLine;
using Recs.Cli.Commands;
using Recs.Training.Import;

namespace Recs.Cli;

/// <summary>The command line as a whole: its commands, and what their endings mean to a shell.</summary>
internal static class RecsCommand
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>Refused, failed or stopped; the message says which.</summary>
    public const int Failed = 1;

    /// <summary>The command line itself is wrong; nothing was done.</summary>
    public const int Usage = 2;

    public static RootCommand Create(CliHost host) => new("Orleans.Recs: a recommender in which a click changes the next page.")
    {
        ImportCommand.Create(host),
        TrainCommand.Create(host),
        EvaluateCommand.Create(host),
        TuneCommand.Create(host),
        LastDayCommand.Create(host),
        ModelsCommand.Create(host),
        RecommendCommand.Create(host),
        SimilarCommand.Create(host),
        UserCommand.Create(host),
        ForgetCommand.Create(host),
        BatchCommand.Create(host),
        SimulateCommand.Create(host),
        ReplayCommand.Create(host),
        StatusCommand.Create(host),
        BackupCommand.CreateBackup(host),
        BackupCommand.CreateRestore(host),
    };

    public static async Task<int> RunAsync(IReadOnlyList<string> args, CliHost host, CancellationToken cancellationToken = default)
    {
        var terminal = host.Terminal;
        var parsed = Create(host).Parse(args.Count == 0 ? ["--help"] : args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                terminal.Problem(error.Message);
            terminal.Note($"Usage: recs {UsageOf(parsed)} [options]; --help says more.");
            return Usage;
        }

        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    EnableDefaultExceptionHandler = false,
                    Output = terminal.Output,
                    Error = terminal.ErrorOutput,
                    // Long enough to finish a batch and close a data folder.
                    ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            terminal.Problem("Stopped. What was acknowledged is kept; an import goes on where it was when it is run again.");
        }
        catch (Exception e) when (e is RecommenderException or ImportException or IOException or UnauthorizedAccessException
            or InvalidDataException or HttpRequestException)
        {
            terminal.Problem(e.Message);
        }

        return Failed;
    }

    private static string UsageOf(ParseResult parsed)
    {
        var words = new Stack<string>(parsed.CommandResult.Command.Arguments.Reverse().Select(a => a.Name));
        if (parsed.CommandResult.Command.Subcommands.Count > 0)
            words.Push("COMMAND");
        for (var result = parsed.CommandResult; result.Parent is System.CommandLine.Parsing.CommandResult parent; result = parent)
            words.Push(result.Command.Name);
        return string.Join(' ', words);
    }
}
