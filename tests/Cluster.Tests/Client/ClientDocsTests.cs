namespace Recs.Cluster.Tests.Client;

/// <summary>What the page shows is what compiles.</summary>
public sealed class ClientDocsTests
{
    [Theory]
    [InlineData("WebTier")]
    [InlineData("Producer")]
    public void The_page_shows_the_sample_as_it_is(string sample)
    {
        var root = Root();
        var page = File.ReadAllText(Path.Combine(root, "docs", "cluster-client.md"));
        var program = File.ReadAllText(Path.Combine(root, "samples", sample, "Program.cs"));

        Assert.Contains($"```csharp\n{program.Trim()}\n```", page, StringComparison.Ordinal);
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Orleans.Recs.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("Orleans.Recs.sln is in no parent folder.");
        return folder;
    }
}
