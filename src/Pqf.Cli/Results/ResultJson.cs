using System.Text.Json.Serialization;

namespace Pqf.Cli.Results;

/// <summary>How results are written as JSON. The code is made at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(BenchResult))]
[JsonSerializable(typeof(ClassifyResult))]
[JsonSerializable(typeof(CompareResult))]
[JsonSerializable(typeof(CompressPartialResult))]
[JsonSerializable(typeof(CompressResult))]
[JsonSerializable(typeof(CompletionResult))]
[JsonSerializable(typeof(ConfigFileResult))]
[JsonSerializable(typeof(ConvertResult))]
[JsonSerializable(typeof(DemoResult))]
[JsonSerializable(typeof(DetectResult))]
[JsonSerializable(typeof(DevicesResult))]
[JsonSerializable(typeof(EvaluateClassifierResult))]
[JsonSerializable(typeof(EvaluateDetectorResult))]
[JsonSerializable(typeof(FailureResult))]
[JsonSerializable(typeof(InspectResult))]
[JsonSerializable(typeof(PlanResult))]
[JsonSerializable(typeof(PresetsResult))]
[JsonSerializable(typeof(RunResult))]
[JsonSerializable(typeof(TrainingResult))]
[JsonSerializable(typeof(VersionResult))]
sealed partial class ResultJson : JsonSerializerContext;
