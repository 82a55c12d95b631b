using Recs.Api.Hosting;
namespace Recs.Server.Tests.Host;

public sealed class ServerArgumentsTests
{
    private static ServerArguments Parse(params string[] args) => ServerArguments.Parse(args, _ => null);

    [Fact]
    public void Without_arguments_it_is_a_demo_on_loopback_in_the_data_folder()
    {
        var arguments = Parse();
        Assert.Equal("data", arguments.Data);
        Assert.Equal(["http://localhost:8080"], arguments.Web.Urls);
        Assert.True(arguments.Demo);
        Assert.Equal(FlushPolicy.EveryCommit, arguments.Flush);
        Assert.False(arguments.Web.HasKeys);
        Assert.Null(arguments.Retention);
        Assert.Null(arguments.DiskCapBytes);
    }

    [Fact]
    public void Every_option_is_read_with_a_blank_or_an_equals_sign()
    {
        var arguments = Parse(
            "--data", "d", "--urls=http://127.0.0.1:1;http://[::1]:2", "--no-demo", "--seed", "-7", "--api-key-read", "r1", "--api-key-read=r2",
            "--api-key-write", "w", "--api-key-admin=a=b", "--allow-anonymous", "--rate-limit", "50", "--flush", "every-second",
            "--retention", "90d", "--disk-cap", "1.5 GB");
        Assert.Equal("d", arguments.Data);
        Assert.Equal(["http://127.0.0.1:1", "http://[::1]:2"], arguments.Web.Urls);
        Assert.False(arguments.Demo);
        Assert.Equal(-7, arguments.Seed);
        Assert.Equal(["r1", "r2"], arguments.Web.ReadKeys);
        Assert.Equal(["w"], arguments.Web.WriteKeys);
        Assert.Equal(["a=b"], arguments.Web.AdminKeys);
        Assert.True(arguments.Web.AllowAnonymous);
        Assert.Equal(50, arguments.Web.RateLimit);
        Assert.Equal(FlushPolicy.EverySecond, arguments.Flush);
        Assert.Equal(TimeSpan.FromDays(90), arguments.Retention);
        Assert.Equal(1_610_612_736, arguments.DiskCapBytes);
    }

    [Theory]
    [InlineData("--oops")]
    [InlineData("data")]
    [InlineData("-data", "x")]
    [InlineData("--data")]
    [InlineData("--data", "--demo")]
    [InlineData("--demo=yes")]
    [InlineData("--seed", "one")]
    [InlineData("--rate-limit", "-1")]
    [InlineData("--urls", "localhost:8080")]
    [InlineData("--urls", ";")]
    [InlineData("--flush", "never")]
    [InlineData("--retention", "90")]
    [InlineData("--retention", "1s")]
    [InlineData("--disk-cap", "10")]
    [InlineData("--disk-cap", "1KB")]
    [InlineData("--disk-cap", "-1GB")]
    public void What_it_does_not_know_is_refused_with_the_option_s_name(params string[] args)
    {
        var refusal = Assert.Throws<RecommenderException>(() => Parse(args));
        Assert.Contains(args[0].Split('=')[0], refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_environment_fills_in_what_the_command_line_leaves_out()
    {
        var environment = new Dictionary<string, string>
        {
            ["RECS_API_KEY_READ"] = "r1, r2",
            ["RECS_API_KEY_ADMIN"] = "from-environment",
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:9",
        };
        var arguments = ServerArguments.Parse(["--api-key-admin", "from-command-line"], environment.GetValueOrDefault);
        Assert.Equal(["r1", "r2"], arguments.Web.ReadKeys);
        Assert.Equal(["from-command-line"], arguments.Web.AdminKeys);
        Assert.Equal(["http://127.0.0.1:9"], arguments.Web.Urls);
    }

    [Fact]
    public void The_help_names_every_option()
    {
        foreach (var option in new[]
        {
            "--data", "--urls", "--demo", "--no-demo", "--seed", "--api-key-read", "--api-key-write", "--api-key-admin", "--allow-anonymous",
            "--rate-limit", "--flush", "--retention", "--disk-cap", "--help",
        })
            Assert.Contains(option, ServerArguments.Help, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1MB", 1 << 20)]
    [InlineData("2gb", 2L << 30)]
    [InlineData("1048576 B", 1 << 20)]
    public void A_size_is_in_powers_of_1024(string text, long bytes) => Assert.Equal(bytes, Quantities.Bytes("--disk-cap", text));

    [Theory]
    [InlineData("1m", 60)]
    [InlineData("12h", 43_200)]
    [InlineData("0.5 d", 43_200)]
    [InlineData("90s", 90)]
    public void An_age_has_its_unit(string text, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), Quantities.Age("--retention", text));
}
