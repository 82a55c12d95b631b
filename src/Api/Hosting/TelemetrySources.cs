namespace Recs.Api.Hosting;

/// <summary>Meters and activity sources that a host exports beside the engine's and ASP.NET Core's; registered as a singleton.</summary>
/// <param name="Meters">Names; "*" stands for any characters.</param>
/// <param name="ActivitySources">Names; "*" stands for any characters.</param>
public sealed record TelemetrySources(IReadOnlyList<string> Meters, IReadOnlyList<string> ActivitySources);
