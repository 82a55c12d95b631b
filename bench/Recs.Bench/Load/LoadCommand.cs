using Recs.Bench.Harness;

namespace Recs.Bench.Load;

/// <summary>The generator as a process of its own: reads a plan, prints the result as one JSON line.</summary>
internal static class LoadCommand
{
    public static async Task<int> RunAsync(Arguments arguments, Report report)
    {
        var file = arguments.Text("plan", "");
        arguments.RefuseOthers();
        var plan = JsonSerializer.Deserialize<LoadPlan>(await File.ReadAllTextAsync(file))!;
        Console.WriteLine(JsonSerializer.Serialize(new LoadGenerator(plan).Run()));
        return 0;
    }

    /// <summary>Runs a plan in another process.</summary>
    public static async Task<LoadResult> StartAsync(LoadPlan plan, string planFile)
    {
        await File.WriteAllTextAsync(planFile, JsonSerializer.Serialize(plan));
        return await ChildProcess.AskAsync<LoadResult>("load", "--plan", planFile);
    }
}
