namespace Recs.Api.Http;

/// <summary>One query parameter of an operation, as parsing and the OpenAPI document know it.</summary>
/// <param name="Name">As written in the URL; case matters.</param>
/// <param name="Type">integer, boolean or string.</param>
/// <param name="Summary">What it does.</param>
/// <param name="Minimum">Smallest legal number.</param>
/// <param name="Maximum">Largest legal number, or the most values.</param>
/// <param name="Many">May be repeated, or hold several values with commas between.</param>
internal sealed record QueryParameter(
    string Name, string Type, string Summary, long Minimum = 0, long Maximum = long.MaxValue, bool Many = false);
