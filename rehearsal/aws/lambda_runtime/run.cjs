// Runs a handler of a Lambda function as Lambda's Node runtime would: `run.cjs HANDLER RESULT < EVENT`.
const fs = require("fs");
const https = require("https");
const path = require("path");

// CloudFormation's answers go to port 443, which CDK's framework therefore never names; ours go elsewhere.
https.globalAgent.defaultPort = Number(process.env.REHEARSAL_ANSWERS_PORT);

const end = Date.now() + 1000 * Number(process.env.REHEARSAL_TIMEOUT);
const context = {
  functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
  invokedFunctionArn: process.env.REHEARSAL_FUNCTION_ARN,
  awsRequestId: process.env.REHEARSAL_REQUEST,
  logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
  logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
  getRemainingTimeInMillis: () => end - Date.now(),
};

async function main(handler, result) {
  const dot = handler.lastIndexOf(".");
  const file = path.join(process.env.LAMBDA_TASK_ROOT, handler.slice(0, dot));
  let answer;
  try {
    const event = JSON.parse(fs.readFileSync(0, "utf8"));
    answer = { result: (await require(file)[handler.slice(dot + 1)](event, context)) ?? null };
  } catch (error) {
    console.error(error);
    answer = { error: { errorType: error.name, errorMessage: error.message } };
  }
  fs.writeFileSync(result, JSON.stringify(answer));
  process.exit(0); // connections that are kept alive would hold it
}

main(...process.argv.slice(2));
