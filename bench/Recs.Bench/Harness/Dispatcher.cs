namespace Recs.Bench.Harness;

/// <param name="About">One line for the help.</param>
/// <param name="RunAsync">Reads its options, runs, adds figures; returns an exit code.</param>
/// <param name="Internal">Started by another suite, not by people.</param>
internal sealed record Suite(string About, Func<Arguments, Report, Task<int>> RunAsync, bool Internal = false);

/// <summary>Finds the suite, prints what it runs on, writes its figures.</summary>
internal static class Dispatcher
{
    public static async Task<int> RunAsync(string[] args, IReadOnlyDictionary<string, Suite> suites)
    {
        if (args.Length == 0 || args[0] is "-h" or "--help" || !suites.TryGetValue(args[0], out var suite))
        {
            await Console.Out.WriteLineAsync("usage: Recs.Bench SUITE [--json FILE] [--seed N] [--option value ...]");
            foreach (var (name, known) in suites)
            {
                if (!known.Internal)
                    await Console.Out.WriteLineAsync($"  {name,-10} {known.About}");
            }

            return args is ["-h" or "--help"] ? 0 : 2;
        }

        try
        {
            var arguments = Arguments.Parse(args.AsSpan(1));
            var report = new Report(args[0], arguments.Text("json", ""));
            if (suite.Internal)
                return await suite.RunAsync(arguments, report);
            Machine.Print(args[0], arguments.Number("seed", 1));
            var code = await suite.RunAsync(arguments, report);
            report.PrintTable();
            Console.WriteLine($"load average at the end: {Machine.LoadAverage()}");
            return code;
        }
        catch (ArgumentException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }
    }
}
