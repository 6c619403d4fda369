using System.Globalization;
using Pqf.Bench;
using Pqf.Bench.Accuracy;
using Pqf.Bench.Detection;
using Pqf.Bench.Faces;
using Pqf.Bench.FourBit;
using Pqf.Bench.Gpu;
using Pqf.Bench.Network;
using Pqf.Bench.Soak;
using Pqf.Bench.Start;
using Pqf.Bench.Training;
using Pqf.Tensors;

// dotnet run -c Release --project bench [-- peak|bandwidth|matmul|conv|winograd|centroid|detection …] [--threads 1,2]: all benches by
// default, on one thread and on all.
// dotnet run -c Release --project bench -- network [--net resnet18,MODEL.onnx] [--threads 1,2] [--batch 1,8,32] [--rounds 5] [--processes]:
// whole networks, ours and
// ONNX Runtime's in turn, in one process or in one each; then each step of ours.
// dotnet run -c Release --project bench -- training [--net resnet18] [--width 64] [--size 224] [--batch 32] [--threads 2] [--steps 7]
// [--weights dense,compressed]: steps of
// training, and what each kind of loop takes of them.
// dotnet run -c Release --project bench -- maskrcnn [--case default,small] [--threads 2] [--steps 3] [--images 5]: a photograph through a
// whole Mask R-CNN, a step of training on two,
// stage by stage.
// dotnet run -c Release --project bench -- detector-onnx NETWORK PHOTOGRAPH…: what a Mask R-CNN finds, ours and as an ONNX model in ONNX
// Runtime.
// dotnet run -c Release --project bench -- start [--program PUBLISHED_PQF] [--network FILE] [--images DIR] [--threads 2] [--starts 9]:
// processes from their start to first logits.
// dotnet run -c Release --project bench -- accuracy [--network FILE] [--images DIR] [--count 8]: errors of each 3x3 convolution of stride 1
// against double.
// dotnet run -c Release --project bench -- faces [--network FILE] [--images DIR] [--calibration DIR] [--ratios 4,6,8,10,12]
// [--levels none,norms,layers]: boxes of a face detector that its compressed forms find again.
// dotnet run -c Release --project bench -- fourbit --network FILE [--images DIR] [--calibration DIR] [--count 160] [--ratios 1,8]: accuracy
// of a dense classifier with weights in 4 bits, and of its compressed forms.
// dotnet run -c Release --project bench -- gpu [--device cuda|opencl|pocl] [--small] [--no-tests] [--report gpu-report.md]: all that a card should
// be tried with, against the host's results.
// dotnet run -c Release --project bench -- soak [--minutes 60] [--threads 2] [--data FOLDER]: classifies on several devices beside a training
// that is killed and resumed; memory and handles every half minute.
// dotnet run -c Release --project bench -- demo-files NETWORK.pqf IMAGES FOLDER: the files within the program that pqf demo runs on (see
// DemoFiles).
// dotnet run -c Release --project bench -- noisy IN OUT ARCHITECTURE: a dense network for compression runs (see DenseNetwork).
if (args is ["noisy", var from, var to, var architecture])
    return Exit(DenseNetwork.Write(from, to, architecture, noise: 0.01));

if (args is ["detector-onnx", var detectorFile, .. var photographs])
    return Exit(DetectorOnnx.Compare(detectorFile, photographs));

if (args is ["demo-files", var trained, var images, var demoFolder])
    return Exit(DemoFiles.Write(trained, images, demoFolder));

if (args is [ProcessRunner.Command, var side, .. var caseArguments])
{
    ProcessRunner.Serve(side, NetworkCase.FromArguments(caseArguments));
    return 0;
}

if (args is [MeasuredProcess.Command, var program, .. var programArguments])
    return MeasuredProcess.Serve(program, programArguments);

if (args is [FirstLogits.Command, var computes, var threadCount, var model, var input, var logits])
{
    FirstLogits.Serve(computes, int.Parse(threadCount, CultureInfo.InvariantCulture), model, input, logits);
    return 0;
}

if (args is ["start", .. var startArguments])
{
    if (StartCommand.Parse(startArguments) is not { } start)
    {
        Console.Error.WriteLine(StartCommand.Usage);
        return 1;
    }

    start.Run();
    return 0;
}

if (args is ["gpu", .. var gpuArguments])
{
    if (GpuCommand.Parse(gpuArguments) is not { } gpu)
    {
        Console.Error.WriteLine(GpuCommand.Usage);
        return 1;
    }

    return gpu.Run();
}

if (args is ["soak", .. var soakArguments])
{
    if (SoakCommand.Parse(soakArguments) is not { } soak)
    {
        Console.Error.WriteLine("soak [--minutes 60] [--threads 2] [--data FOLDER_OF_IDX_FILES]");
        return 1;
    }

    soak.Run();
    return 0;
}

if (args is ["accuracy", .. var accuracyArguments])
{
    if (AccuracyCommand.Parse(accuracyArguments) is not { } accuracy)
    {
        Console.Error.WriteLine(AccuracyCommand.Usage);
        return 1;
    }

    accuracy.Run();
    return 0;
}

if (args is ["faces", .. var faceArguments])
{
    if (FacesCommand.Parse(faceArguments) is not { } faces)
    {
        Console.Error.WriteLine(FacesCommand.Usage);
        return 1;
    }

    faces.Run();
    return 0;
}

if (args is ["fourbit", .. var fourBitArguments])
{
    if (FourBitCommand.Parse(fourBitArguments) is not { } fourBit)
    {
        Console.Error.WriteLine(FourBitCommand.Usage);
        return 1;
    }

    fourBit.Run();
    return 0;
}

if (args is ["network", .. var networkArguments])
{
    if (NetworkCommand.Parse(networkArguments) is not { } network)
    {
        Console.Error.WriteLine("expected --net, --threads, --batch or --rounds with values, or --processes");
        return 1;
    }

    network.Run();
    return 0;
}

if (args is ["training", .. var trainingArguments])
{
    if (TrainingCommand.Parse(trainingArguments) is not { } training)
    {
        Console.Error.WriteLine(TrainingCommand.Usage);
        return 1;
    }

    training.Run();
    return 0;
}

if (args is ["maskrcnn", .. var detectorArguments])
{
    if (MaskRcnnCommand.Parse(detectorArguments) is not { } detectors)
    {
        Console.Error.WriteLine(MaskRcnnCommand.Usage);
        return 1;
    }

    detectors.Run();
    return 0;
}

string[] benches = ["peak", "bandwidth", "matmul", "conv", "winograd", "centroid", "detection"];
int threadsAt = Array.IndexOf(args, "--threads");
string[] chosen = threadsAt < 0 ? args : args[..threadsAt];
if (chosen.Except(benches).FirstOrDefault() is { } unknown)
{
    Console.Error.WriteLine($"unknown bench {unknown}; expected any of {string.Join(", ", benches)}");
    return 1;
}

int[] threadCounts =
    threadsAt < 0 ? [.. new[] { 1, Environment.ProcessorCount }.Distinct()] : [.. args[threadsAt + 1].Split(',').Select(int.Parse)];
var report = new Report();
foreach (int threads in threadCounts)
{
    double peak = Peak.Measure(threads, report);
    foreach (string bench in chosen.Length == 0 ? benches : chosen)
        switch (bench)
        {
            case "bandwidth":
                Bandwidth.Measure(threads, report);
                break;
            case "matmul":
                MatMulBench.Measure(threads, report);
                break;
            case "conv":
                ConvBench.Measure(threads, report);
                break;
            case "winograd":
                WinogradBench.Measure(threads, peak, report);
                break;
            case "centroid":
                CentroidBench.Measure(threads, peak, report);
                break;
            case "detection":
                DetectionBench.Measure(threads, report);
                break;
        }
}

Console.WriteLine($"written to {report.Save()}");
if (args.Length == 0)
    NetworkCommand.Default.Run();
return 0;

static int Exit(Result<Unit, PqfError> result) =>
    result.Match(
        _ => 0,
        error =>
        {
            Console.Error.WriteLine(error.Message);
            return 1;
        }
    );
