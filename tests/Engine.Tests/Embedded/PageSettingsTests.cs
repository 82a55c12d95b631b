using Recs.Engine.Embedded;

namespace Recs.Engine.Tests.Embedded;

public sealed class PageSettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("recs-pages-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_folder_that_nobody_served_from_has_the_defaults()
    {
        var defaults = new RecommenderOptions();
        Assert.Equal(PageSettings.Of(defaults, defaults.Sessions), PageSettings.Read(_folder));
    }

    [Fact]
    public async Task A_host_s_settings_are_in_its_folder_from_its_start_on_and_until_one_starts_with_others()
    {
        var options = new RecommenderOptions
        {
            CandidatesPerSource = 40,
            MaxCandidates = 60,
            MaxCategoryShare = 0.25,
            ExplorationSlots = 2,
            Seed = 9,
            Sessions = new SessionOptions { HistoryCap = 17, AffinityHalfLife = TimeSpan.FromHours(5) },
            DefaultDeadline = TimeSpan.FromSeconds(1),
        };
        await using var host = await EmbeddedHost.StartAsync(options);
        var kept = PageSettings.Read(host.Data);
        Assert.Equal(PageSettings.Of(options, options.Sessions), kept);
        Assert.Equal(options, kept.ApplyTo(new RecommenderOptions { DefaultDeadline = options.DefaultDeadline }) with { EventLog = options.EventLog, ImpressionLog = options.ImpressionLog });

        File.SetLastWriteTimeUtc(DataFolder.Pages(host.Data), DateTime.UnixEpoch);
        await host.RestartAsync();
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(DataFolder.Pages(host.Data)));

        await host.Recommender.DisposeAsync();
        await using var other = new EmbeddedRecommender(
            host.Options with { MaxCandidates = 70 }, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        await other.StartAsync();
        Assert.Equal(kept with { MaxCandidates = 70 }, PageSettings.Read(host.Data));
    }

    [Fact]
    public void A_value_out_of_range_is_named_with_its_range()
    {
        File.WriteAllText(DataFolder.Pages(_folder), """{"maxCandidates":5}""");
        var refusal = Assert.Throws<RecommenderException>(() => PageSettings.Read(_folder));
        Assert.Equal(("MaxCandidates", "5", "10 to 20000"), (refusal.Field, refusal.Value, refusal.Legal));
        File.WriteAllText(DataFolder.Pages(_folder), """{"sessions":{"historyCap":0}}""");
        Assert.Equal("HistoryCap", Assert.Throws<RecommenderException>(() => PageSettings.Read(_folder)).Field);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"sessions":null}""")]
    public void A_damaged_file_is_named(string text)
    {
        File.WriteAllText(DataFolder.Pages(_folder), text);
        Assert.Contains("pages.json", Assert.Throws<InvalidDataException>(() => PageSettings.Read(_folder)).Message, StringComparison.Ordinal);
    }
}
