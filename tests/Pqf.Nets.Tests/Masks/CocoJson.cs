using System.Text.Json;
using Pqf.Testing;

namespace Pqf.Nets.Tests.Masks;

/// <summary>COCO files as a document, read apart from the project's own reader.</summary>
static class CocoJson
{
    public const string GroundTruth = "reference/coco_ap/instances_val2014_100.json",
        SegmentationResults = "reference/coco_ap/instances_val2014_fakesegm100_results.json";

    public static JsonElement Read(string shared) => JsonDocument.Parse(File.ReadAllBytes(SharedData.Path(shared))).RootElement;

    public static IEnumerable<JsonElement> Annotations(string shared) => Read(shared).GetProperty("annotations").EnumerateArray();

    public static int[] Integers(this JsonElement element, string key) =>
        [.. element.GetProperty(key).EnumerateArray().Select(item => (int)item.GetDouble())];

    public static double[] Doubles(this JsonElement element) => [.. element.EnumerateArray().Select(item => item.GetDouble())];
}
