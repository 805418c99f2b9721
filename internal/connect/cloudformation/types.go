package cloudformation

import (
	"regexp"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// joins is for resources that are no thing but join others; nothing is for
// what is of CloudFormation itself.
const (
	joins   = "-"
	nothing = "~"
)

// types maps resource types to item kinds, exactly or by prefix with a star.
var types = map[string]string{
	"AWS::EC2::Instance": cmdb.KindHost, "AWS::AutoScaling::AutoScalingGroup": cmdb.KindDeployment, "AWS::Lambda::Function": cmdb.KindDeployment, "AWS::Serverless::Function": cmdb.KindDeployment,
	"AWS::ECS::Service": cmdb.KindDeployment, "AWS::AppRunner::Service": cmdb.KindDeployment, "AWS::StepFunctions::StateMachine": cmdb.KindDeployment,
	"AWS::ECS::Cluster": cmdb.KindCluster, "AWS::EKS::Cluster": cmdb.KindCluster, "AWS::EKS::Nodegroup": cmdb.KindCluster,
	"AWS::RDS::DBInstance": cmdb.KindDatabase, "AWS::RDS::DBCluster": cmdb.KindDatabase, "AWS::DynamoDB::*": cmdb.KindDatabase, "AWS::Serverless::SimpleTable": cmdb.KindDatabase, "AWS::DocDB::DB*": cmdb.KindDatabase,
	"AWS::Neptune::DB*": cmdb.KindDatabase, "AWS::Redshift::Cluster": cmdb.KindDatabase, "AWS::OpenSearchService::Domain": cmdb.KindDatabase, "AWS::Elasticsearch::Domain": cmdb.KindDatabase,
	"AWS::ElastiCache::CacheCluster": cmdb.KindCache, "AWS::ElastiCache::ReplicationGroup": cmdb.KindCache, "AWS::ElastiCache::ServerlessCache": cmdb.KindCache, "AWS::DAX::Cluster": cmdb.KindCache, "AWS::MemoryDB::Cluster": cmdb.KindCache,
	"AWS::SQS::Queue": cmdb.KindQueue, "AWS::SNS::Topic": cmdb.KindQueue, "AWS::Kinesis::Stream": cmdb.KindQueue, "AWS::KinesisFirehose::DeliveryStream": cmdb.KindQueue, "AWS::MSK::Cluster": cmdb.KindQueue,
	"AWS::AmazonMQ::Broker": cmdb.KindQueue, "AWS::Events::EventBus": cmdb.KindQueue,
	"AWS::S3::Bucket": cmdb.KindStorage, "AWS::EC2::Volume": cmdb.KindStorage, "AWS::EFS::FileSystem": cmdb.KindStorage, "AWS::FSx::FileSystem": cmdb.KindStorage, "AWS::ECR::Repository": cmdb.KindStorage,
	"AWS::ElasticLoadBalancing::LoadBalancer": cmdb.KindBalancer, "AWS::ElasticLoadBalancingV2::LoadBalancer": cmdb.KindBalancer, "AWS::ElasticLoadBalancingV2::TargetGroup": cmdb.KindBalancer, "AWS::CloudFront::Distribution": cmdb.KindBalancer,
	"AWS::ApiGateway::RestApi": cmdb.KindAPI, "AWS::ApiGatewayV2::Api": cmdb.KindAPI, "AWS::Serverless::Api": cmdb.KindAPI, "AWS::Serverless::HttpApi": cmdb.KindAPI, "AWS::AppSync::GraphQLApi": cmdb.KindAPI,
	"AWS::EC2::VPC": cmdb.KindNetwork, "AWS::EC2::Subnet": cmdb.KindNetwork, "AWS::EC2::SecurityGroup": cmdb.KindNetwork, "AWS::EC2::InternetGateway": cmdb.KindNetwork, "AWS::EC2::NatGateway": cmdb.KindNetwork,
	"AWS::EC2::RouteTable": cmdb.KindNetwork, "AWS::EC2::NetworkAcl": cmdb.KindNetwork, "AWS::EC2::NetworkInterface": cmdb.KindNetwork, "AWS::EC2::EIP": cmdb.KindNetwork, "AWS::EC2::VPCEndpoint": cmdb.KindNetwork,
	"AWS::EC2::TransitGateway": cmdb.KindNetwork, "AWS::Route53::HostedZone": cmdb.KindNetwork, "AWS::Route53::RecordSet": cmdb.KindNetwork, "AWS::RDS::DBSubnetGroup": cmdb.KindNetwork, "AWS::ElastiCache::SubnetGroup": cmdb.KindNetwork,
	"AWS::CertificateManager::Certificate": cmdb.KindCertificate,
	"AWS::IAM::Role":                       cmdb.KindIdentity, "AWS::IAM::User": cmdb.KindIdentity, "AWS::IAM::Group": cmdb.KindIdentity, "AWS::IAM::ManagedPolicy": cmdb.KindIdentity, "AWS::IAM::InstanceProfile": cmdb.KindIdentity, "AWS::Cognito::UserPool": cmdb.KindIdentity,
	"AWS::CodeCommit::Repository": cmdb.KindRepository,

	"AWS::EC2::SecurityGroupIngress": joins, "AWS::EC2::SecurityGroupEgress": joins, "AWS::EC2::VPCGatewayAttachment": joins, "AWS::EC2::Route": joins, "AWS::EC2::SubnetRouteTableAssociation": joins,
	"AWS::EC2::VolumeAttachment": joins, "AWS::EC2::EIPAssociation": joins, "AWS::EC2::NetworkAclEntry": joins, "AWS::EC2::SubnetNetworkAclAssociation": joins,
	"AWS::ElasticLoadBalancingV2::Listener": joins, "AWS::ElasticLoadBalancingV2::ListenerRule": joins, "AWS::ElasticLoadBalancingV2::ListenerCertificate": joins,
	"AWS::IAM::Policy": joins, "AWS::IAM::RolePolicy": joins, "AWS::IAM::AccessKey": joins, "AWS::IAM::UserToGroupAddition": joins, "AWS::Lambda::Permission": joins, "AWS::Lambda::EventSourceMapping": joins, "AWS::Lambda::Version": joins,
	"AWS::Lambda::Alias": joins, "AWS::S3::BucketPolicy": joins, "AWS::SQS::QueuePolicy": joins, "AWS::SNS::TopicPolicy": joins, "AWS::SNS::Subscription": joins, "AWS::KMS::Alias": joins, "AWS::EFS::MountTarget": joins,
	"AWS::ApiGateway::Resource": joins, "AWS::ApiGateway::Method": joins, "AWS::ApiGateway::Deployment": joins, "AWS::ApiGateway::Stage": joins, "AWS::ApiGatewayV2::*": joins, "AWS::SecretsManager::SecretTargetAttachment": joins,
	"AWS::CDK::Metadata": nothing, "AWS::CloudFormation::WaitCondition*": nothing, "AWS::CloudFormation::CustomResource": nothing, "AWS::CloudFormation::Macro": nothing, "Custom::*": nothing,
}

func kindOf(what string) string {
	if k, ok := types[what]; ok {
		return k
	}
	for i := len(what); i > 0; i-- {
		if k, ok := types[what[:i]+"*"]; ok {
			return k
		}
	}
	return cmdb.KindCloud
}

// arns are the ARNs of types whose physical id is only a name
// (https://docs.aws.amazon.com/service-authorization/latest/reference/): R is
// the region, A the account, N the physical id.
var arns = map[string]string{
	"AWS::S3::Bucket": "arn:aws:s3:::N", "AWS::Lambda::Function": "arn:aws:lambda:R:A:function:N", "AWS::Serverless::Function": "arn:aws:lambda:R:A:function:N", "AWS::DynamoDB::Table": "arn:aws:dynamodb:R:A:table/N",
	"AWS::RDS::DBInstance": "arn:aws:rds:R:A:db:N", "AWS::RDS::DBCluster": "arn:aws:rds:R:A:cluster:N", "AWS::IAM::Role": "arn:aws:iam::A:role/N", "AWS::IAM::User": "arn:aws:iam::A:user/N",
	"AWS::ECS::Cluster": "arn:aws:ecs:R:A:cluster/N", "AWS::EKS::Cluster": "arn:aws:eks:R:A:cluster/N", "AWS::ElastiCache::CacheCluster": "arn:aws:elasticache:R:A:cluster:N", "AWS::ElastiCache::ReplicationGroup": "arn:aws:elasticache:R:A:replicationgroup:N",
	"AWS::Kinesis::Stream": "arn:aws:kinesis:R:A:stream/N", "AWS::ECR::Repository": "arn:aws:ecr:R:A:repository/N", "AWS::EFS::FileSystem": "arn:aws:elasticfilesystem:R:A:file-system/N",
	"AWS::EC2::VPC": "arn:aws:ec2:R:A:vpc/N", "AWS::EC2::Subnet": "arn:aws:ec2:R:A:subnet/N", "AWS::EC2::SecurityGroup": "arn:aws:ec2:R:A:security-group/N", "AWS::EC2::Instance": "arn:aws:ec2:R:A:instance/N", "AWS::EC2::Volume": "arn:aws:ec2:R:A:volume/N",
}

var (
	nativeID = regexp.MustCompile(`^[a-z]+(-[a-z]+)*-[0-9a-f]{8}([0-9a-f]{9})?$`) // vpc-…, i-…
	sqsURL   = regexp.MustCompile(`^https://sqs\.([a-z0-9-]+)\.amazonaws\.com/([0-9]{12})/([A-Za-z0-9_.-]+)$`)
)

// identifiers are the names by which others know the resource.
func (r *resource) identifiers(scope string) []cmdb.Identifier {
	var out []cmdb.Identifier
	add := func(scheme, value string) {
		if strings.TrimSpace(value) != "" && len(value) <= cmdb.MaxIdentifier {
			out = append(out, cmdb.Identifier{Scheme: scheme, Value: value})
		}
	}
	if scope != "" {
		add("cloudformation", scope+":"+r.key)
	}
	switch {
	case strings.HasPrefix(r.physical, "arn:"):
		add(cmdb.SchemeARN, r.physical)
	case sqsURL.MatchString(r.physical):
		m := sqsURL.FindStringSubmatch(r.physical)
		add(cmdb.SchemeARN, "arn:aws:sqs:"+m[1]+":"+m[2]+":"+m[3])
	case r.physical != "":
		if form, ok := arns[r.what]; ok && (r.account != "" || !strings.Contains(form, ":A:")) {
			add(cmdb.SchemeARN, strings.NewReplacer(":R:", ":"+r.region+":", "A:", r.account+":").Replace(strings.TrimSuffix(form, "N"))+r.physical)
		}
		if nativeID.MatchString(r.physical) {
			add(cmdb.SchemeProviderID, "aws:"+r.physical)
		}
	}
	return out
}
